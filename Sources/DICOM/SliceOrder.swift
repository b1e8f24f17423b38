// SPDX-License-Identifier: Apache-2.0
import Foundation
import Volume

/// The check that the slices of a series form an even grid.
struct SliceOrder {
  private let series: DICOMSeries
  private let tolerance: Double

  /// Slices closer than this lie at the same position, in mm.
  private static let samePosition = 0.01

  init(_ series: DICOMSeries, tolerance: Double) {
    self.series = series
    self.tolerance = tolerance
  }

  func geometry() throws(DICOMError) -> Geometry {
    let files = series.files
    let first = files[0]
    var increment = series.acquisition.spacingBetweenSlices ?? series.acquisition.sliceThickness
    if let usual = series.increment, let last = files.last {
      try requireNoDuplicates()
      try requireNoGap(usual)
      let mean = (last.position - first.position) / Double(files.count - 1)
      try requireEven(mean)
      increment = mean
    }
    try requireUpright()
    guard let increment, increment > 0, increment.isFinite else {
      throw error(
        .unsupported,
        "is one slice without SpacingBetweenSlices and SliceThickness; its increment is unknown")
    }
    return Geometry(
      extent: Extent(slices: files.count, rows: series.rows, columns: series.columns),
      spacing: SIMD3(series.pixelSpacing.x, series.pixelSpacing.y, increment),
      origin: first.origin, direction: series.direction)
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
        + "\(millimetres(a.position)) mm (\(a.url.lastPathComponent) and "
        + "\(b.url.lastPathComponent)); separate the reconstructions into folders of their own")
  }

  private func requireNoGap(_ usual: Double) throws(DICOMError) {
    let gaps = neighbours.filter { $1.position - $0.position > 1.5 * usual }
    guard let (a, b) = gaps.first else { return }
    let missing = gaps.reduce(0.0) { $0 + (($1.1.position - $1.0.position) / usual).rounded() - 1 }
    throw error(
      .gap,
      "about \(millimetres(missing)) slices are missing, the first between "
        + "\(millimetres(a.position)) and \(millimetres(b.position)) mm where slices come every "
        + "\(millimetres(usual)) mm; export the complete series")
  }

  private func requireEven(_ mean: Double) throws(DICOMError) {
    let start = series.files[0].position
    let worst = series.files.enumerated().max { a, b in
      abs(a.element.position - start - Double(a.offset) * mean)
        < abs(b.element.position - start - Double(b.offset) * mean)
    }
    guard let worst else { return }
    let shift = abs(worst.element.position - start - Double(worst.offset) * mean)
    if shift <= tolerance { return }
    let distances = neighbours.map { $1.position - $0.position }
    throw error(
      .unevenSpacing,
      "the distances between slices run from \(millimetres(distances.min() ?? 0)) to "
        + "\(millimetres(distances.max() ?? 0)) mm, which puts \(worst.element.url.lastPathComponent) "
        + "\(millimetres(shift)) mm off an even grid; export one evenly spaced series")
  }

  private func requireUpright() throws(DICOMError) {
    let normal = series.direction.z
    let first = series.files[0]
    let shift = series.files.map { file in
      let d = file.origin - first.origin
      let sideways = d - normal * (d * normal).sum()
      return (sideways * sideways).sum().squareRoot()
    }.max()
    guard let shift, shift > tolerance else { return }
    throw error(
      .sheared,
      "the slices are shifted sideways by up to \(millimetres(shift)) mm (a tilted gantry); "
        + "reconstruct without tilt")
  }

  private func error(_ code: DICOMError.Code, _ detail: String) -> DICOMError {
    DICOMError(code, subject: "series \(series.id)", detail: detail)
  }
}
