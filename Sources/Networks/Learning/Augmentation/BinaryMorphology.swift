// SPDX-License-Identifier: Apache-2.0

/// Dilation, erosion, closing and opening of a mask (z, y, x) by a ball, or by a disk in one slice.
struct BinaryMorphology {
  /// One run of the element along x: the mask is looked at from `first` to `last` beside a voxel.
  private struct Run: Hashable {
    let z: Int
    let y: Int
    let first: Int
    let last: Int
  }

  private let shape: [Int]
  private let runs: [Run]

  /// An element of a radius in voxels, which need not be whole.
  ///
  /// As in nnU-Net the element of a broken radius r counts from −r in steps of 1 (a disk, from
  /// scikit-image) or in equal steps from −r to r (a ball), and so may lie beside the middle.
  init(shape: [Int], radius r: Double) {
    let isFlat = shape.count == 2
    self.shape = isFlat ? [1] + shape : shape
    let count = isFlat ? Int((2 * r + 1).rounded(.up)) : Int(2 * r + 1)
    let step = isFlat || count == 1 ? 1 : 2 * r / Double(count - 1)
    let middle = (count - 1) / 2
    let places = (0..<count).map { -r + Double($0) * step }
    runs = (0..<(isFlat ? 1 : count)).flatMap { z in
      (0..<count).compactMap { y in
        let rest = r * r - places[y] * places[y] - (isFlat ? 0 : places[z] * places[z])
        let inside = places.indices.filter { places[$0] * places[$0] <= rest }
        guard let first = inside.first, let last = inside.last else { return nil }
        return Run(
          z: isFlat ? 0 : z - middle, y: y - middle, first: first - middle, last: last - middle)
      }
    }
  }

  /// Ones where the element meets a one; outside are zeros.
  func dilated(_ mask: [UInt8]) -> [UInt8] {
    let (rows, width) = (shape[0] * shape[1], shape[2])
    var result = [UInt8](repeating: 0, count: mask.count)
    // Elements have few different runs, so each is spread along x once and then moved.
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

  /// Zeros where the element meets a zero; outside are ones.
  func eroded(_ mask: [UInt8]) -> [UInt8] { dilated(mask.map { 1 - $0 }).map { 1 - $0 } }

  /// Whether a one lies from `first` to `last` beside each place of a row.
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
