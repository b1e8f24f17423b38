// SPDX-License-Identifier: Apache-2.0
import Volume

/// What a polygon in a plane surrounds, in some slices of that plane.
struct Lasso {
  private let plane: ReviewAction.Plane
  private let slices: ClosedRange<Int>
  private let polygon: [[Double]]
  private let extent: Extent

  /// A lasso; `nil` where the numbers are none.
  init?(_ plane: ReviewAction.Plane, slices: [Int], polygon: [[Double]], in extent: Extent) {
    let depth = plane.depth(of: extent)
    guard slices.count == 2, slices[0] <= slices[1], slices[0] >= 0, slices[1] < depth,
      (3...2000).contains(polygon.count),
      polygon.allSatisfy({ $0.count == 2 && $0.allSatisfy { $0.isFinite && abs($0) < 1e6 } })
    else { return nil }
    self.plane = plane
    self.slices = slices[0]...slices[1]
    self.polygon = polygon
    self.extent = extent
  }

  /// The bright voxels inside.
  func voxels(of groups: CandidateGroups) -> VoxelSet {
    let (low, high) = polygon.reduce((Double.infinity, -Double.infinity)) {
      (min($0.0, $1[1]), max($0.1, $1[1]))
    }
    let z =
      plane == .axial
      ? slices
      : max(
        0, Int(low.rounded(.down)))...max(
          0, min(extent.slices - 1, Int(high.rounded(.up))))
    return groups.voxels(inLines: z.lowerBound * extent.rows..<(z.upperBound + 1) * extent.rows)
      .filter { line, column in
        let (slice, row) = line.quotientAndRemainder(dividingBy: extent.rows)
        guard slices.contains(plane.place(column, row, slice)) else { return false }
        let (u, v) = plane.point(column, row, slice)
        return holds(u, v)
      }
  }

  /// Whether a point lies inside, by the even-odd rule.
  private func holds(_ u: Double, _ v: Double) -> Bool {
    var inside = false
    var b = polygon[polygon.count - 1]
    for a in polygon {
      if (a[1] > v) != (b[1] > v), u < (b[0] - a[0]) * (v - a[1]) / (b[1] - a[1]) + a[0] {
        inside.toggle()
      }
      b = a
    }
    return inside
  }
}

extension ReviewAction.Plane {
  /// The voxel's two coordinates in the plane.
  func point(_ column: Int, _ row: Int, _ slice: Int) -> (Double, Double) {
    switch self {
    case .axial: (Double(column), Double(row))
    case .coronal: (Double(column), Double(slice))
    case .sagittal: (Double(row), Double(slice))
    }
  }

  /// The voxel's coordinate across the plane.
  func place(_ column: Int, _ row: Int, _ slice: Int) -> Int {
    switch self {
    case .axial: slice
    case .coronal: row
    case .sagittal: column
    }
  }

  /// The number of planes.
  func depth(of extent: Extent) -> Int {
    switch self {
    case .axial: extent.slices
    case .coronal: extent.rows
    case .sagittal: extent.columns
    }
  }
}
