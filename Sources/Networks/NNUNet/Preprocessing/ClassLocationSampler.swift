// SPDX-License-Identifier: Apache-2.0

extension ClassLocations {
  /// The seed of the sampling, the same for every case.
  static let seed: UInt32 = 1234
  /// The number of voxels that are sampled of a class, or one in a hundred if that is more.
  static let budget = 10_000

  /// Samples voxels of each class of a label map (z, y, x).
  ///
  /// Classes are the foreground labels or regions and, with an ignore label, all annotated voxels.
  /// A seeded permutation picks from the voxels of a class, which are in the order of its labels
  /// and then in array order.
  public static func sample(_ labels: [Int16], shape: [Int], scheme: LabelScheme)
    -> [ClassLocations]
  {
    var classes = scheme.foregroundClasses
    if scheme.ignoreLabel != nil { classes.append([-1] + scheme.allLabels) }
    let wanted = Set(classes.flatMap { $0 }.map { Int16($0) })
    var voxels: [Int16: [Int32]] = [:]
    for label in wanted { voxels[label] = [] }
    labels.withUnsafeBufferPointer { labels in
      var start = 0
      while start < labels.count {
        // Runs of one label are added at once, because most of an image is background.
        var end = start + 1
        while end < labels.count, labels[end] == labels[start] { end += 1 }
        if wanted.contains(labels[start]) {
          voxels[labels[start]]?.append(contentsOf: Int32(start)..<Int32(end))
        }
        start = end
      }
    }
    var random = MersenneTwister(seed: seed)
    let (plane, row) = (Int32(shape[1] * shape[2]), Int32(shape[2]))
    return classes.map { values in
      let blocks = values.map { voxels[Int16($0)] ?? [] }
      let total = blocks.reduce(0) { $0 + $1.count }
      let count = max(min(budget, total), Int((0.01 * Double(total)).rounded(.up)))
      let all = blocks.count == 1 ? blocks[0] : Array(blocks.joined())
      var indices: [Int32] = []
      indices.reserveCapacity(3 * count)
      for offset in total == 0 ? [] : random.permutation(total)[..<count] {
        let voxel = all[Int(offset)]
        indices.append(voxel / plane)
        indices.append(voxel % plane / row)
        indices.append(voxel % row)
      }
      return ClassLocations(values: values, voxels: indices)
    }
  }
}
