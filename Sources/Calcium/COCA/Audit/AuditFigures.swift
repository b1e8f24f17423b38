// SPDX-License-Identifier: Apache-2.0
import Text
import Volume

/// The rules about the figures that an annotation records of itself; no CT is needed.
extension AuditRules {
  /// How far `Area` may be from pixel count times pixel area; they agree to 5 digits in COCA.
  private static let areaTolerance = 2e-4
  /// How far pixels and millimetres of a contour may be apart, in pixels.
  private static let locationTolerance = 0.1

  /// Area against the number of pixels, Min ≤ Mean ≤ Max, pixels against millimetres.
  mutating func checkFigures(
    _ annotation: Annotation, _ grid: AnnotationGrid, _ choice: AuditSubject.Choice?
  ) {
    let usable = annotation.regions.filter { $0.region.isUsable }
    // The annotation's own pixels come first: a series with others is another finding.
    if let spacing = grid.pixelSpacing ?? choice?.series.pixelSpacing {
      let wrong = usable.filter { _, region in
        guard let count = region.recordedCount, let area = region.area, area.isFinite else {
          return false
        }
        let expected = Double(count) * spacing.x * spacing.y
        return abs(area * 100 - expected) > Self.areaTolerance * expected
      }
      if let (location, region) = wrong.first, let area = region.area {
        add(
          .areaMismatch,
          "\(regions(wrong.count)) have another Area than their pixels, first \(location): "
            + "\(text(area * 100)) mm² against \(counted(region.recordedCount ?? 0, "pixel")) of "
            + "\(text(spacing.x)) × \(text(spacing.y)) mm")
      }
    }
    // A region that OsiriX never measured, of no artery, holds zeros.
    let disordered = usable.filter { _, region in
      guard region.artery != nil else { return false }
      guard let low = region.min, let mean = region.mean, let high = region.max else { return true }
      // Single precision moves the mean of equal pixels by less than this.
      return !(low <= mean + 0.01 && mean <= high + 0.01)
    }
    if let (location, _) = disordered.first {
      add(
        .figuresDisagree,
        "\(regions(disordered.count)) lack Min, Mean or Max, or have them out of order, first "
          + "\(location)")
    }
    if choice == nil { checkLocations(usable, grid) }
  }

  /// Without a series: all contours must give one and the same location for the first pixel.
  private mutating func checkLocations(
    _ usable: [(location: RegionLocation, region: Region)], _ grid: AnnotationGrid
  ) {
    guard let spacing = grid.pixelSpacing, spacing.min() > 0 else { return }
    let origins = usable.flatMap { location, region in
      zip(region.points, region.positions).map { point, position in
        (
          location: location,
          x: (position * grid.axes.x).sum() / spacing.x - point.x,
          y: (position * grid.axes.y).sum() / spacing.y - point.y
        )
      }
    }
    guard let x = median(origins.map(\.x)), let y = median(origins.map(\.y)) else { return }
    let worst = origins.max {
      Swift.max(abs($0.x - x), abs($0.y - y)) < Swift.max(abs($1.x - x), abs($1.y - y))
    }
    guard let worst else { return }
    let error = Swift.max(abs(worst.x - x), abs(worst.y - y))
    if error > Self.locationTolerance {
      add(
        .positionMismatch,
        "contours in pixels and in millimetres disagree by up to \(text(error)) pixels, most at "
          + "\(worst.location)")
    }
  }
}
