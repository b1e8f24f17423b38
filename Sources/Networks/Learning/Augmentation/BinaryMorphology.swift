// SPDX-License-Identifier: Apache-2.0

/// Dilation and erosion of a mask (z, y, x) by a ball, or by a disk in one slice.
struct BinaryMorphology {
  /// One run of the structuring element along x, from `first` to `last` relative to a voxel.
  private struct Run: Hashable {
    let z: Int
    let y: Int
    let first: Int
    let last: Int
  }

  private let shape: [Int]
  private let runs: [Run]

  /// A structuring element of a radius in voxels, which need not be whole.
  ///
  /// As in nnU-Net, the coordinates of an element with a fractional radius r go from −r in steps of
  /// 1 (a disk, from scikit-image) or in equal steps from −r to r (a ball), so that it may be
  /// off-centre.
  init(shape: [Int], radius r: Double) {
    let isFlat = shape.count == 2
    self.shape = isFlat ? [1] + shape : shape
    let count = isFlat ? Int((2 * r + 1).rounded(.up)) : Int(2 * r + 1)
    let step = isFlat || count == 1 ? 1 : 2 * r / Double(count - 1)
    let middle = (count - 1) / 2
    let offsets = (0..<count).map { -r + Double($0) * step }
    runs = (0..<(isFlat ? 1 : count)).flatMap { z in
      (0..<count).compactMap { y in
        let rest = r * r - offsets[y] * offsets[y] - (isFlat ? 0 : offsets[z] * offsets[z])
        let inside = offsets.indices.filter { offsets[$0] * offsets[$0] <= rest }
        guard let first = inside.first, let last = inside.last else { return nil }
        return Run(
          z: isFlat ? 0 : z - middle, y: y - middle, first: first - middle, last: last - middle)
      }
    }
  }

  /// The dilation: 1 where the element contains a 1; outside of the mask is 0.
  func dilated(_ mask: [UInt8]) -> [UInt8] {
    let (rows, width) = (shape[0] * shape[1], shape[2])
    var result = [UInt8](repeating: 0, count: mask.count)
    // Elements have few different runs, so each is applied along x once and the result moved.
    for (reach, group) in Dictionary(grouping: runs, by: { [$0.first, $0.last] }) {
      let spread = Self.spread(mask, rows: rows, width: width, from: reach[0], to: reach[1])
      result.withUnsafeMutableBufferPointer { result in
        spread.withUnsafeBufferPointer { spread in
          for run in group {
            for z in max(0, -run.z)..<max(0, -run.z, min(shape[0], shape[0] - run.z)) {
              for y in max(0, -run.y)..<max(0, -run.y, min(shape[1], shape[1] - run.y)) {
                let to = (z * shape[1] + y) * width
                let from = ((z + run.z) * shape[1] + y + run.y) * width
                for x in 0..<width { result[to + x] |= spread[from + x] }
              }
            }
          }
        }
      }
    }
    return result
  }

  /// The erosion: 0 where the element contains a 0; outside of the mask is 1.
  func eroded(_ mask: [UInt8]) -> [UInt8] { dilated(mask.map { 1 - $0 }).map { 1 - $0 } }

  /// Whether there is a 1 from `first` to `last` relative to each voxel of a row.
  private static func spread(
    _ mask: [UInt8], rows: Int, width: Int, from first: Int, to last: Int
  ) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: mask.count)
    var before = [Int32](repeating: 0, count: width + 1)
    for row in 0..<rows {
      for x in 0..<width { before[x + 1] = before[x] + Int32(mask[row * width + x]) }
      guard before[width] > 0 else { continue }
      for x in 0..<width {
        let (low, high) = (min(max(x + first, 0), width), min(max(x + last + 1, 0), width))
        result[row * width + x] = before[high] > before[low] ? 1 : 0
      }
    }
    return result
  }
}
