// SPDX-License-Identifier: Apache-2.0
import COCA
import Cohorts
import Files
import Foundation
import TestSupport
import Text
import Volume
import Workflow

/// The audit of 450 annotations without CT, against reading their bytes.
func timeAudit(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  // As many contours a file as COCA has (6,112 in 450 files), and more than twice as many.
  for contours in [14, 32] {
    let root = try inputs.file("annotations-\(contours)")
    let folder = root.appendingPathComponent("calcium_xml")
    let annotation = try annotation(contours: contours)
    let bytes = annotation.propertyList
    let files = (0..<450).map { folder.appendingPathComponent("\($0).xml") }
    for file in files { try StagedFile.write(bytes, to: file) }
    let report = try inputs.file("audit.json")
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
    defer { buffer.deallocate() }
    let size = Double(bytes.count * files.count) / 1e6
    try await stopwatch.time("audit, 450 files, \(450 * contours) contours") { seconds, _ in
      "≤ 2 s; \(decimal(size, 0)) MB at \(decimal(size / seconds, 0)) MB/s on one core; "
        + "floor: read(2) of the files"
    } step: {
      let audit = try await CohortAudit.run(root: root, jobs: 1) { _ in }
      try audit.write(to: report)
      return audit.table.utf8.count
    } floor: {
      try files.reduce(0) { try $0 + readPlainly($1, into: buffer) }
    }
  }
}

/// An annotation with blobs of the sizes of COCA, spread over slices of 512 × 512 pixels.
private func annotation(contours: Int) throws -> Annotation {
  let geometry = Geometry(
    extent: Extent(slices: 8, rows: 512, columns: 512), spacing: [0.387, 0.387, 3])
  var labels = Volume<UInt8>(geometry: geometry, repeating: 0)
  var random = SplitMix64(seed: 11)
  for i in 0..<contours {
    let size = Double.random(in: 1...4.5, using: &random)
    let (slice, cell) = (i % 8, i / 8)
    for offset in blob(pixels: Int(size * size * size * 1.5) + 3, seed: random.next()) {
      labels[slice, 200 + offset.y, 60 + cell * 90 + offset.x] = UInt8(1 + i % 4)
    }
  }
  return try AnnotationWriter().annotation(
    of: labels, ct: Volume(geometry: geometry, repeating: 300), subject: "blobs", using: &random)
}
