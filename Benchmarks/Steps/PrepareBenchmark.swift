// SPDX-License-Identifier: Apache-2.0
import Agatston
import CNIfTI
import COCA
import Cohorts
import Concurrency
import Files
import Foundation
import NIfTI
import Phantom
import Text
import Volume
import Workflow

/// From DICOM and annotation to a case of nnU-Net with its overlays, one subject after the other.
///
/// The floor reads the same files and compresses the same voxels, and draws nothing.
func timePrepare(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  let subjects = 3
  let cohort = try inputs.file("cohort")
  _ = try await PhantomCohort(
    subjects: subjects, seed: 3, matrix: 512, slices: 48, scanProtocol: .gated, minimumRank: 0.6
  ).write(to: cohort, jobs: Machine.processorCount) { _ in }
  let root = cohort.appendingPathComponent("Gated_release_final")
  var count = 0
  func prepare() async throws -> URL {
    // A folder of its own for each run: what is there already would be kept.
    count += 1
    let raw = try inputs.file("raw-\(count)")
    try await prepareOnce(root, raw)
    return raw.appendingPathComponent("Dataset901_Bench")
  }
  let first = try await prepare()
  let images = try Folder.names(in: first.appendingPathComponent("imagesTr")).map {
    try NIfTIFile.read(
      first.appendingPathComponent("imagesTr/\($0)"), as: Int16.self)
  }
  let overlays = try Folder.names(in: first.appendingPathComponent("overlays")).count
  let patients = root.appendingPathComponent("patient")
  let files = (FileManager.default.subpaths(atPath: patients.path) ?? [])
    .filter { $0.hasSuffix(".dcm") }.map(patients.appendingPathComponent)
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
  defer { buffer.deallocate() }
  let capacity = images.map { cnifti_gzip_bound($0.voxels.count * 2, 1) }.max() ?? 0
  let out = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 64)
  defer { out.deallocate() }
  let name = "prepare a subject, \(images.first.map { "\($0.extent)" } ?? "no voxels")"
  try await stopwatch.time(name, repeats: subjects) { seconds, _ in
    "≤ 500 ms; \(decimal(Double(overlays) / Double(subjects))) overlays; "
      + "floor: read(2) and libdeflate alone"
  } step: {
    let made = try await prepare()
    defer { try? Folder.remove(made) }
    return try Folder.names(in: made.appendingPathComponent("overlays")).count
  } floor: {
    let read = try files.reduce(0) { try $0 + readPlainly($1, into: buffer) }
    return images.reduce(read) { sum, image in
      sum
        + image.voxels.withUnsafeBytes {
          cnifti_gzip($0.baseAddress, $0.count, 1, out.baseAddress, capacity)
        }
    }
  }
}

private func prepareOnce(_ root: URL, _ raw: URL) async throws {
  let preparation = try Preparation(
    root: root, dataset: "901_Bench", dimension: .threeD, slices: .all, labels: .calcium,
    test: .none, fill: .exact, implicitZeros: .keep, roots: Roots(raw: raw.path))
  _ = try await preparation.run(jobs: 1) { _ in }
}
