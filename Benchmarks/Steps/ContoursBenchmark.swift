// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import Phantom
import TestSupport
import Volume
import Workflow

/// A region's contour to its pixels in a mask.
///
/// The floor knows the answer: it reads each vertex once and writes the pixels row by row.
func timeContours(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  // The median and the largest region of COCA.
  for size in [31, 1430] {
    let points = try contour(pixels: size)
    let known = try ContourFill.exact.pixels(inside: points)
    let columns = 128
    let mask = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: columns * columns)
    defer { mask.deallocate() }
    mask.initialize(repeating: 0)
    // A label that changes keeps one round from standing for all.
    func paint(_ pixels: PixelRuns, _ label: Int) -> Int {
      for run in pixels.runs {
        let start = run.row * columns
        mask[start + run.columns.lowerBound..<start + run.columns.upperBound]
          .update(repeating: UInt8(truncatingIfNeeded: label))
      }
      return Int(mask[known.runs[0].row * columns + known.runs[0].columns.lowerBound])
    }
    let repeats = 2000
    let name = "contour to mask, \(known.count) pixels, \(points.count) vertices"
    try await stopwatch.time(name, repeats: repeats) { seconds, _ in
      "\(duration(seconds / Double(points.count))) a vertex; floor: vertices read, pixels written"
    } step: {
      try (0..<repeats).reduce(0) {
        $0 + paint(try ContourFill.exact.pixels(inside: points), $1)
      }
    } floor: {
      (0..<repeats).reduce(0) { sum, label in
        let corner = points.reduce(SIMD2(repeating: Double(label))) { $0 + $1 }
        return sum + paint(known, label) + Int(corner.x)
      }
    }
  }
}

/// The contour that the annotation of a blob in the middle of 128 × 128 pixels has.
private func contour(pixels: Int) throws -> [SIMD2<Double>] {
  let geometry = Geometry(
    extent: Extent(slices: 1, rows: 128, columns: 128), spacing: [0.387, 0.387, 3])
  var labels = Volume<UInt8>(geometry: geometry, repeating: 0)
  for offset in blob(pixels: pixels, seed: 5) { labels[0, 64 + offset.y, 64 + offset.x] = 2 }
  var random = SplitMix64(seed: 1)
  let annotation = try AnnotationWriter(emptyShare: 0).annotation(
    of: labels, ct: Volume(geometry: geometry, repeating: 300), subject: "blob", using: &random)
  let regions = annotation.images.flatMap(\.regions)
  guard regions.count == 1 else {
    throw COCAError(
      .parameter, path: "blob of \(pixels) pixels", detail: "falls into \(regions.count) regions")
  }
  return regions[0].points
}
