// SPDX-License-Identifier: Apache-2.0
package import Volume

/// The grid of Lessmann 2018 over a scan: pixels of 0.66 mm in plane, and slabs of 3 mm every 1.5 mm.
///
/// Axes are those of the scan's array, whose slices are taken as axial.
package struct SlabGrid: Sendable, Hashable {
  /// The edge of a pixel in mm.
  package static let pixel = 0.66
  /// The distance of neighbouring slabs in mm.
  package static let step = 1.5
  /// The thickness of a slab in mm.
  package static let thickness = 3.0

  /// The number of slabs, rows and columns.
  package let extent: Extent
  private let source: Extent
  private let spacing: SIMD3<Double>

  /// The grid over a scan.
  package init(over geometry: Geometry) {
    (source, spacing) = (geometry.extent, geometry.spacing)
    func count(_ n: Int, _ spacing: Double, _ edge: Double) -> Int {
      max(1, Int((Double(n) * spacing / edge).rounded()))
    }
    extent = Extent(
      slices: count(source.slices, spacing.z, Self.step),
      rows: count(source.rows, spacing.y, Self.pixel),
      columns: count(source.columns, spacing.x, Self.pixel))
  }

  /// The grid's index (z, y, x) along an axis that a voxel of the scan lies in, for each of its indices.
  package func places(axis: Int) -> [Int] {
    let (n, edge, spacing, count) = axisSizes(axis)
    return (0..<n).map { min(count - 1, Int((Double($0) + 0.5) * spacing / edge)) }
  }

  /// The index in the scan, with fraction, of the centre of each of the grid's voxels along an axis.
  func centres(axis: Int) -> [Double] {
    let (n, edge, spacing, count) = axisSizes(axis)
    return (0..<count).map {
      min(Double(n - 1), max(0, (Double($0) + 0.5) * edge / spacing - 0.5))
    }
  }

  /// The slices that each slab averages, with the share of each.
  var slabs: [[(slice: Int, share: Float)]] {
    (0..<extent.slices).map { k in
      let middle = min(
        (Double(k) + 0.5) * Self.step, Double(source.slices) * spacing.z - 1e-6)
      let (low, high) = (middle - Self.thickness / 2, middle + Self.thickness / 2)
      var parts: [(slice: Int, share: Float)] = []
      for slice in max(0, Int(low / spacing.z))..<source.slices {
        let start = Double(slice) * spacing.z
        if start >= high { break }
        let overlap = min(high, start + spacing.z) - max(low, start)
        if overlap > 0 { parts.append((slice, Float(overlap))) }
      }
      let sum = parts.reduce(0) { $0 + $1.share }
      return parts.map { ($0.slice, $0.share / sum) }
    }
  }

  private func axisSizes(_ axis: Int) -> (n: Int, edge: Double, spacing: Double, count: Int) {
    switch axis {
    case 0: (source.slices, Self.step, spacing.z, extent.slices)
    case 1: (source.rows, Self.pixel, spacing.y, extent.rows)
    default: (source.columns, Self.pixel, spacing.x, extent.columns)
    }
  }
}
