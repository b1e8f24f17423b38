// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import NIfTI
import Stages
package import Studies
import Text
package import Workflow

/// Predicts the label maps of scans with a model of several stages, and writes what each stage saw.
///
/// ```swift
/// let run = try StagedPredictionRun(model: file, PredictionRequest())
/// let outcome = try run.run(input: scans, output: masks, stages: folder) { print($0) }
/// ```
package struct StagedPredictionRun {
  private let predictor: StagedPredictor
  private let request: PredictionRequest

  /// Opens a model, a folder or a file.
  ///
  /// - Throws: `WorkflowError` for an option of the request that only networks of nnU-Net have.
  package init(model url: URL, _ request: PredictionRequest) throws {
    try StagedPredictor.requirePossible(request, with: url)
    predictor = try StagedPredictor(model: url, device: request.device)
    self.request = request
  }

  /// Notes to show before a long prediction, one sentence each.
  package var notes: [String] { predictor.notes }

  /// Predicts every scan; one that cannot be read or shows no heart is left out, the others go on.
  ///
  /// - Parameters:
  ///   - input: a folder of image files or DICOM studies, or one file of either.
  ///   - output: the folder for the label maps; made if it is not there.
  ///   - stages: the folder for what each stage saw, a folder for each scan; `nil` for none. A scan
  ///     without a heart has its files there, too.
  ///   - dicom: which series of a DICOM study is read, and how an incomplete one.
  ///   - listing: told of the choice among the series of each DICOM study.
  ///   - progress: told after each scan.
  /// - Throws: `WorkflowError` where no scan could be predicted; `FileError` where the output cannot
  ///   be written.
  package func run(
    input: URL, output: URL, stages: URL?, dicom: DICOMInput = .init(),
    listing: (SeriesListing) -> Void = { _ in }, progress: @escaping ProgressHandler
  ) throws -> PredictionRun.Outcome {
    let found = try ScanSearch(input)
    try PredictionRun.requireFolder(output, apartFrom: input)
    if let stages { try PredictionRun.requireFolder(stages, apartFrom: input) }
    let scans = request.part.of(found.scans)
    guard !scans.isEmpty else { throw WorkflowError(.missing, "\(input.path): no scan found") }
    try Folder.create(output)
    func file(_ id: String) -> URL { output.appendingPathComponent("\(id).nii.gz") }
    let earlier = scans.map(\.id).filter { request.resume && Folder.isFile(file($0)) }
    let rest = scans.filter { !earlier.contains($0.id) }
    var leftOut = found.unused.compactMap(\.leftOut)
    var done: [String] = []
    for (index, scan) in rest.enumerated() {
      try Task.checkCancellation()
      do {
        let ct = try scan.load(dicom, listing: listing).ct
        let segmentation = try predictor.segmentation(of: ct)
        if let stages {
          try StageFiles(predictor.design, predictor.rules).write(
            segmentation, of: ct, to: stages.appendingPathComponent(scan.id))
        }
        _ = try predictor.findings(segmentation, of: ct)
        try NIfTIFile.write(segmentation.labels, to: file(scan.id))
        done.append(scan.id)
      } catch let error as FileError where error.code == .full || error.code == .denied {
        throw error
      } catch {
        leftOut.append(LeftOut(subject: scan.id, reason: "\(error)"))
      }
      progress(WorkProgress("predict", done: index + 1, of: rest.count, detail: scan.id))
    }
    if done.isEmpty, earlier.isEmpty, let first = leftOut.last {
      throw WorkflowError(
        .nothingDone, "\(input.path): nothing could be predicted; \(first.reason)")
    }
    let remarks = ["masks by the model \(predictor.identity)"]
    try RunRecord(command: "predict", remarks: remarks).write(
      beside: output.appendingPathComponent("predictions"))
    return PredictionRun.Outcome(cases: done, earlier: earlier, leftOut: leftOut, remarks: remarks)
  }
}
