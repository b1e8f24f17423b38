// SPDX-License-Identifier: Apache-2.0

/// Moves images by some voxels, so that a network cannot know subjects by the place of single voxels.
///
/// Without it the networks learn some hundred subjects by heart and tell nothing of others.
struct ImageShift {
  /// How far images are moved along each axis at most, in voxels.
  let limit: Int

  /// An image (channels × z × y × x) moved along each axis as the generator draws; what comes in at an edge
  /// repeats the edge.
  func moved(
    _ image: [Float], edge: Int, using generator: inout some RandomNumberGenerator
  ) -> [Float] {
    // Three numbers for each image, whether it is looked at or not, keep the batches of all networks alike.
    let steps = (0..<3).map { _ in Int.random(in: -limit...limit, using: &generator) }
    guard !image.isEmpty, steps.contains(where: { $0 != 0 }) else { return image }
    let sources = steps.map { step in (0..<edge).map { min(max($0 + step, 0), edge - 1) } }
    let plane = edge * edge
    return [Float](unsafeUninitializedCapacity: image.count) { moved, count in
      image.withUnsafeBufferPointer { image in
        var place = 0
        for channel in 0..<image.count / (plane * edge) {
          for z in sources[0] {
            for y in sources[1] {
              let start = (channel * edge + z) * plane + y * edge
              for x in sources[2] {
                moved.initializeElement(at: place, to: image[start + x])
                place += 1
              }
            }
          }
        }
      }
      count = image.count
    }
  }
}
