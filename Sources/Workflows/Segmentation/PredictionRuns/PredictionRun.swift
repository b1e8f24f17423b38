// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
import Text
package import Studies
package import Workflow

/// Segments the images of a folder with a trained model and writes their label maps.
///
/// ```swift
/// let run = try PredictionRun(model: folder, PredictionRequest())
/// let outcome = try await run.run(input: scans, output: results) { print($0) }
/// ```
package struct PredictionRun: Sendable {
  /// The cases of a run.
  package struct Outcome: Sendable {
    /// The names of the cases that this run predicted.
    package let cases: [String]
    /// The names of the cases whose files were there already.
    package let earlier: [String]
    /// The cases that could not be predicted, and why.
    package let leftOut: [LeftOut]
    /// How the networks were computed and what was left out, one sentence each.
    package let remarks: [String]
  }

  private let opened: PredictionModel
  private let request: PredictionRequest
  private var model: Model { opened.model }

  /// Opens a model, a folder or a file.
  ///
  /// - Throws: `WorkflowError` where a fold has no weights or a cascade no previous stage.
  package init(model url: URL, _ request: PredictionRequest) throws {
    opened = try PredictionModel(at: url, request)
    self.request = request
  }

  /// Notes to show before a long prediction, one sentence each.
  package var notes: [String] { opened.notes }

  /// Predicts every case of a folder; a case that cannot be read is left out, the others go on.
  ///
  /// - Parameters:
  ///   - input: A folder of image files or DICOM studies, or one file of either.
  ///   - output: The folder for the label maps; made if it is not there.
  ///   - dicom: Which series of a DICOM study is read, and how an incomplete one.
  ///   - listing: Told of the choice among the series of each DICOM study.
  ///   - progress: Told after each window, in hundredths of a case.
  /// - Throws: `WorkflowError` where no case could be predicted; `FileError` where the output
  ///   cannot be written.
  package func run(
    input: URL, output: URL, dicom: DICOMInput = .init(),
    listing: (SeriesListing) -> Void = { _ in }, progress: @escaping ProgressHandler
  ) async throws -> Outcome {
    let files = try PredictionFiles(of: model, input: input)
    let (found, unused) = try PredictionCase.find(
      at: input, channels: model.dataset.channelNames, files: files)
    try Self.requireFolder(output, apartFrom: input)
    guard !found.isEmpty else { throw WorkflowError(.missing, "\(input.path): no scan found") }
    let cases = request.part.of(found)
    try Folder.create(output)
    try removeUnfinished(of: cases, in: output, files)
    let inference = InferenceNotes(request.inference)
    var done: [String] = []
    var leftOut = unused.compactMap(\.leftOut)
    let earlier = cases.map(\.id).filter { request.resume && isDone($0, in: output, files) }
    let rest = cases.filter { !earlier.contains($0.id) }
    let predictor = try rest.isEmpty ? nil : opened.predictor(inference)
    for (index, item) in rest.enumerated() {
      do {
        let prediction = try predictor?.predict(
          item.load(dicom, listing: listing), ct: nil, probabilities: request.probabilities
        ) { part in
          progress(
            WorkProgress(
              "predict", done: index * 100 + Int(part * 100), of: rest.count * 100,
              stepsPerUnit: 100, detail: item.id)
          )
        }
        if let prediction { try write(prediction, case: item.id, in: output, files) }
        done.append(item.id)
      } catch let error as FileError where error.code == .full || error.code == .denied {
        throw error
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        leftOut.append(LeftOut(subject: item.id, reason: "\(error)"))
      }
    }
    if done.isEmpty, earlier.isEmpty, let first = leftOut.last {
      throw WorkflowError(
        .nothingDone, "\(input.path): nothing could be predicted; \(first.reason)")
    }
    try RunRecord(command: "predict", remarks: inference.sentences).write(
      beside: output.appendingPathComponent("predictions"))
    if request.probabilities {
      // nnU-Net's ensembles look for both beside the probabilities.
      try model.plans.write(to: output.appendingPathComponent("plans.json"))
      try model.dataset.write(to: output.appendingPathComponent("dataset.json"))
    }
    let strays = unused.filter { $0.leftOut == nil }.map { "\($0.path.shown()) \($0.reason)" }
    let notes =
      strays.isEmpty
      ? []
      : [
        "not used: \(counted(strays.count, "file or folder", "files or folders")): "
          + shortList(strays, limit: 5)
      ]
    return Outcome(
      cases: done, earlier: earlier, leftOut: leftOut, remarks: inference.sentences + notes)
  }

  /// Throws where label maps would lie among the scans, or the output is named like a file.
  static func requireFolder(_ output: URL, apartFrom input: URL) throws {
    let folder = Folder.isFile(input) ? input.deletingLastPathComponent() : input
    if InputFiles.areSame(folder, output), !Folder.isFile(input) {
      throw WorkflowError(
        .refused,
        "\(output.path): is the folder of the scans, which label maps would replace or mix with; "
          + "name another folder for the output")
    }
    if Folder.isFile(output) {
      throw WorkflowError(
        .refused, "\(output.path): is a file; name a folder for the label maps")
    }
    if !Folder.isFolder(output), LabelFile.ending(of: output.lastPathComponent) != nil {
      throw WorkflowError(
        .refused,
        "\(output.path): is named like a file, but label maps go into a folder, each under the name "
          + "of its scan; name a folder")
    }
  }

  private func write(
    _ prediction: CasePredictor.Prediction, case id: String, in output: URL,
    _ files: PredictionFiles
  ) throws {
    if let probabilities = prediction.probabilities {
      try ProbabilityFile.write(probabilities, prediction.properties, case: id, in: output)
    }
    // Last, so that --continue finds it only where everything is there.
    try LabelFile.write(
      request.postProcessing?(prediction.labels) ?? prediction.labels,
      to: output.appendingPathComponent(id + files.ending), as: files.reader)
  }

  private func isDone(_ id: String, in output: URL, _ files: PredictionFiles) -> Bool {
    files.endings.prefix(request.probabilities ? 3 : 1).allSatisfy {
      Folder.isFile(output.appendingPathComponent(id + $0))
    }
  }

  /// Removes the unfinished files that an interrupted prediction of these cases left.
  ///
  /// Unfinished files of other cases stay: another machine may be writing them.
  private func removeUnfinished(
    of cases: [PredictionCase], in output: URL, _ files: PredictionFiles
  ) throws {
    let names = Set(cases.flatMap { item in files.endings.map { item.id + $0 } })
    for name in try FileManager.default.contentsOfDirectory(atPath: output.path)
    where name.hasPrefix(StagedFile.prefix) {
      let parts = name.dropFirst(StagedFile.prefix.count)
        .split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      let staged = String(parts[2])
      // libzip writes beside the name it is given, with a dot and six characters behind it.
      let zipped = staged.dropLast(7)
      if names.contains(staged)
        || (staged == "\(zipped).\(staged.suffix(6))" && names.contains(String(zipped)))
      {
        try Folder.remove(output.appendingPathComponent(name))
      }
    }
  }
}
