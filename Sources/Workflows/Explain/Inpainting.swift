// SPDX-License-Identifier: Apache-2.0
import Volume

/// Fills a part of a scan with the tissue round it.
///
/// The fill is the membrane through the surrounding voxels: each voxel is the mean of its neighbours
/// (Laplace's equation, found by relaxation). What surrounds it counts with at most 100 HU, so that
/// calcium at the border does not spread into it.
struct Inpainting {
  private static let brightest: Float = 100
  private static let rounds = 60

  /// Fills the voxels of a set, given by their indices, in a copy of a scan.
  static func filled(_ ct: Volume<Int16>, _ voxels: [Int]) -> Volume<Int16> {
    guard !voxels.isEmpty else { return ct }
    let extent = ct.extent
    let strides = [1, extent.columns, extent.sliceCount]
    let sizes = [extent.columns, extent.rows, extent.slices]
    var place = [Int32](repeating: -1, count: ct.voxels.count)
    for (i, voxel) in voxels.enumerated() { place[voxel] = Int32(i) }
    func bounded(_ voxel: Int) -> Float { min(Float(ct.voxels[voxel]), brightest) }
    // The six neighbours: a voxel of the set by its place, or the value of one outside.
    var inner = [[Int32]](repeating: [], count: voxels.count)
    var outer = [(sum: Float, count: Float)](repeating: (0, 0), count: voxels.count)
    var (border, count) = (Float(0), Float(0))
    for (i, voxel) in voxels.enumerated() {
      for axis in 0..<3 {
        let position = voxel / strides[axis] % sizes[axis]
        for side in [-1, 1] where (0..<sizes[axis]).contains(position + side) {
          let neighbour = voxel + side * strides[axis]
          if place[neighbour] >= 0 {
            inner[i].append(place[neighbour])
          } else {
            outer[i].sum += bounded(neighbour)
            outer[i].count += 1
          }
        }
      }
      border += outer[i].sum
      count += outer[i].count
    }
    var values = [Float](repeating: count > 0 ? border / count : 0, count: voxels.count)
    for _ in 0..<rounds {
      for i in values.indices {
        var sum = outer[i].sum
        for other in inner[i] { sum += values[Int(other)] }
        values[i] = sum / max(outer[i].count + Float(inner[i].count), 1)
      }
    }
    var copy = ct
    for (i, voxel) in voxels.enumerated() { copy.voxels[voxel] = Int16(values[i].rounded()) }
    return copy
  }

  /// The voxels of a set and those that touch them within their slice, which hold a part of the same
  /// calcium by the blur of the scanner.
  static func grown(_ voxels: [Int], in extent: Extent) -> [Int] {
    var all = Set(voxels)
    for voxel in voxels {
      let (x, y) = (voxel % extent.columns, voxel / extent.columns % extent.rows)
      for dy in -1...1 where (0..<extent.rows).contains(y + dy) {
        for dx in -1...1 where (0..<extent.columns).contains(x + dx) {
          all.insert(voxel + dy * extent.columns + dx)
        }
      }
    }
    return all.sorted()
  }
}
