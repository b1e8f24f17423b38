// SPDX-License-Identifier: Apache-2.0
import Volume

/// The image grid that an annotation was drawn on, derived from its contours alone.
///
/// Each contour is given in pixels and in millimetres, so the map between the two follows by least
/// squares over all contours: one direction and spacing for columns and one for rows, shared by
/// all slices, and an offset for each region.
public struct AnnotationGrid: Sendable {
  /// The distance between pixel centres along (x, y) in mm; `nil` if no contour has an extent.
  public let pixelSpacing: SIMD2<Double>?
  /// The unit vectors of a growing column index, of a growing row index and of their cross product.
  ///
  /// The axial ones if no contour has an extent.
  public let axes: (x: SIMD3<Double>, y: SIMD3<Double>, normal: SIMD3<Double>)
  /// The signed distance along the normal from one `ImageIndex` to the next, in mm.
  ///
  /// The step that most neighbouring annotated slices agree on, among equals the largest: files that
  /// lie at one position make an index count too much. `nil` with fewer than two slices.
  public let step: Double?

  /// The grid of an annotation's usable regions.
  public init(_ annotation: Annotation) {
    let usable = annotation.regions.filter { $0.region.isUsable }
    var (xx, xy, yy) = (0.0, 0.0, 0.0)
    var (xm, ym) = (SIMD3<Double>.zero, SIMD3<Double>.zero)
    for (_, region) in usable {
      let pixelMean = region.points.reduce(.zero, +) / Double(region.points.count)
      let mean = region.positions.reduce(.zero, +) / Double(region.positions.count)
      for (point, position) in zip(region.points, region.positions) {
        let (p, m) = (point - pixelMean, position - mean)
        xx += p.x * p.x
        xy += p.x * p.y
        yy += p.y * p.y
        xm += p.x * m
        ym += p.y * m
      }
    }
    let determinant = xx * yy - xy * xy
    if determinant > 1e-6 * xx * yy, xx > 0.1, yy > 0.1 {
      let column = (yy * xm - xy * ym) / determinant
      let row = (xx * ym - xy * xm) / determinant
      let (x, y) = (Self.snapped(column.unit), Self.snapped(row.unit))
      pixelSpacing = SIMD2(column.length, row.length)
      axes = (x, y, x.cross(y).unit)
    } else {
      pixelSpacing = nil
      axes = ([1, 0, 0], [0, 1, 0], [0, 0, 1])
    }
    step = Self.step(usable, normal: axes.normal)
  }

  private static func step(
    _ regions: [(location: RegionLocation, region: Region)], normal: SIMD3<Double>
  ) -> Double? {
    var slices: [Int: Double] = [:]
    for (location, region) in regions {
      if let index = location.index, let position = region.position(along: normal) {
        slices[index] = position
      }
    }
    let sorted = slices.sorted { $0.key < $1.key }
    let steps = zip(sorted.dropFirst(), sorted).map { next, last in
      // Indices far apart would overflow as integers in a malformed file.
      (next.value - last.value) / (Double(next.key) - Double(last.key))
    }.sorted()
    // Equal steps differ by the rounding of positions only, so those in a row belong together.
    var groups: [[Double]] = []
    for step in steps {
      if let last = groups.last?.last, step - last < 0.02 {
        groups[groups.count - 1].append(step)
      } else {
        groups.append([step])
      }
    }
    func weight(_ group: [Double]) -> (Int, Double) { (group.count, abs(group[0])) }
    return groups.max { weight($0) < weight($1) }.flatMap(median)
  }

  /// A direction within rounding of an axis becomes that axis.
  private static func snapped(_ v: SIMD3<Double>) -> SIMD3<Double> {
    let nearest = v.rounded(.toNearestOrEven)
    let difference = v - nearest
    return (difference * difference).sum() < 1e-6 ? nearest : v
  }
}

extension Region {
  /// The position of the contour along a unit vector, in mm, or `nil` without a contour.
  func position(along normal: SIMD3<Double>) -> Double? {
    guard isUsable else { return nil }
    return positions.reduce(0) { $0 + ($1 * normal).sum() } / Double(positions.count)
  }
}
