// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text
import Volume

/// The grid of a series and the file of each of its planes.
struct SlicePlan {
  let geometry: Geometry
  /// The index of a file for each plane; `nil` where a slice is missing.
  let sources: [Int?]

  /// The planes without a file.
  var missing: [Int] { sources.indices.filter { sources[$0] == nil } }

  /// The planes with a file on both sides of one without.
  func neighbours(of plane: Int) -> (below: Int, above: Int)? {
    guard let below = sources[..<plane].lastIndex(where: { $0 != nil }),
      let above = sources[plane...].firstIndex(where: { $0 != nil })
    else { return nil }
    return (below, above)
  }
}

/// The check that the slices of a series form an even grid.
struct SliceOrder {
  private let series: DICOMSeries
  private let tolerance: Double

  /// Slices closer than this lie at the same position, in mm.
  private static let samePosition = 0.01
  /// No more slices than these, one after the other, are filled: further apart lies another anatomy.
  private static let widestGap = 3

  init(_ series: DICOMSeries, tolerance: Double) {
    self.series = series
    self.tolerance = tolerance
  }

  /// The grid, and which file is the slice of each of its planes; none where it was left to be
  /// filled.
  func plan(fillGaps: Bool = false) throws(DICOMError) -> SlicePlan {
    let files = series.files
    let first = files[0]
    var increment = series.acquisition.spacingBetweenSlices ?? series.acquisition.sliceThickness
    var planes = Array(files.indices)
    if let usual = series.increment, let last = files.last {
      try requireNoDuplicates()
      if fillGaps {
        planes = files.map { Int((($0.position - first.position) / usual).rounded()) }
        try requireNarrowGaps(planes)
      } else {
        try requireNoGap(usual)
      }
      let mean = (last.position - first.position) / Double(planes.last ?? 1)
      try requireEven(mean, planes)
      increment = mean
    }
    try requireUpright()
    guard let increment, increment > 0, increment.isFinite else {
      throw error(
        .unsupported,
        "is one slice without SpacingBetweenSlices and SliceThickness; its increment is unknown")
    }
    var sources = [Int?](repeating: nil, count: (planes.last ?? 0) + 1)
    for (file, plane) in planes.enumerated() { sources[plane] = file }
    return SlicePlan(
      geometry: Geometry(
        extent: Extent(slices: sources.count, rows: series.rows, columns: series.columns),
        spacing: SIMD3(series.pixelSpacing.x, series.pixelSpacing.y, increment),
        origin: first.origin, direction: series.direction), sources: sources)
  }

  private var neighbours: [(DICOMFile, DICOMFile)] {
    Array(zip(series.files, series.files.dropFirst()))
  }

  private func requireNoDuplicates() throws(DICOMError) {
    let pairs = neighbours.filter { $1.position - $0.position < Self.samePosition }
    guard let (a, b) = pairs.first else { return }
    throw error(
      .duplicatePosition,
      "\(pairs.count) of \(series.files.count) slices repeat a position, first at "
        + "\(millimetres(a.position)) mm (\(a.name) and \(b.name)); separate the reconstructions "
        + "into folders of their own")
  }

  /// A distance of two, three, … usual ones is a gap; any other is uneven spacing.
  private func requireNoGap(_ usual: Double) throws(DICOMError) {
    let gaps = neighbours.filter { a, b in
      let steps = (b.position - a.position) / usual
      return steps > 1.5 && abs(steps - steps.rounded()) * usual <= max(tolerance, 0.1 * usual)
    }
    guard let (a, b) = gaps.first else { return }
    let missing = gaps.reduce(0.0) { $0 + (($1.1.position - $1.0.position) / usual).rounded() - 1 }
    throw error(
      .gap,
      "about \(counted(Int(missing), "slice is", "slices are")) missing, the first between "
        + "\(millimetres(a.position)) and \(millimetres(b.position)) mm where slices come every "
        + "\(millimetres(usual)) mm; export the complete series, or interpolate them by --fill-gaps"
    )
  }

  private func requireNarrowGaps(_ planes: [Int]) throws(DICOMError) {
    let pairs = zip(zip(planes, planes.dropFirst()), neighbours)
    guard let (_, (a, b)) = pairs.first(where: { $0.0.1 - $0.0.0 > Self.widestGap + 1 })
    else { return }
    throw error(
      .gap,
      "between \(millimetres(a.position)) and \(millimetres(b.position)) mm more than "
        + "\(Self.widestGap) slices are missing, too many to be filled; export the complete series")
  }

  private func requireEven(_ mean: Double, _ planes: [Int]) throws(DICOMError) {
    let start = series.files[0].position
    guard Set(planes).count == planes.count else {
      throw error(
        .unevenSpacing,
        "the distances between slices run from \(distances); export one evenly spaced series")
    }
    let shifts = zip(series.files, planes).map { abs($0.position - start - Double($1) * mean) }
    guard let shift = shifts.max(), let worst = shifts.firstIndex(of: shift), shift > tolerance
    else { return }
    throw error(
      .unevenSpacing,
      "the distances between slices run from \(distances), which puts "
        + "\(series.files[worst].name) \(millimetres(shift)) mm off an even grid; export one evenly "
        + "spaced series")
  }

  /// The range of the distances, and how many slices have which where there are few kinds.
  private var distances: String {
    let all = neighbours.map { $1.position - $0.position }
    let range = "\(millimetres(all.min() ?? 0)) to \(millimetres(all.max() ?? 0)) mm"
    let counts = all.reduce(into: [:]) { $0[($1 * 100).rounded() / 100, default: 0] += 1 }
    guard (2...4).contains(counts.count), all.count > 4 else { return range }
    let kinds = counts.sorted { $0.key < $1.key }.map { "\($0.value) of \(millimetres($0.key))" }
    return "\(range) (\(kinds.joined(separator: ", ")))"
  }

  private func requireUpright() throws(DICOMError) {
    let normal = series.direction.z
    let first = series.files[0]
    let shifts = series.files.map { file in
      let d = file.origin - first.origin
      let along = (d * normal).sum()
      let sideways = d - normal * along
      return (sideways: sideways.length, along: along)
    }
    guard let worst = shifts.max(by: { $0.sideways < $1.sideways }), worst.sideways > tolerance
    else { return }
    let angle = atan2(worst.sideways, worst.along) * 180 / .pi
    let claim = series.traits.gantryTilt.map { "; the header says \(millimetres($0))" } ?? ""
    throw error(
      .sheared,
      "the slices are shifted sideways by up to \(millimetres(worst.sideways)) mm, as by a gantry "
        + "tilted by \(millimetres((angle * 10).rounded() / 10)) degrees\(claim); reconstruct without "
        + "tilt")
  }

  private func error(_ code: DICOMError.Code, _ detail: String) -> DICOMError {
    DICOMError(code, subject: "series \(series.id)", detail: detail)
  }
}
