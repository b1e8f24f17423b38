// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
package import Studies
package import Volume
package import Workflow

/// Segments images with a trained model.
package struct PredictionRun: Sendable {
  /// What came of it.
  package struct Outcome: Sendable {
    package let cases: [String]
    /// The cases that were there already.
    package let earlier: [String]
    package let leftOut: [LeftOut]
    /// How the networks were computed and what was spared, a sentence each.
    package let remarks: [String]
  }

  private let model: Model
  private let folds: [String]
  private let options: Options
  private let previous: PreviousStage.Place?

  /// Opens a model, a folder or a file; throws if a fold has no weights or a cascade no previous
  /// stage.
  package init(model folder: URL, options: Options) throws {
    model = try Model(at: folder)
    try model.requireCandidates(for: options.inference)
    folds = try Self.folds(of: model, options: options)
    previous = try PreviousStage.Place(of: model, options: options)
    self.options = options
  }

  /// The folds that are averaged, all of which have weights.
  static func folds(of model: Model, options: Options) throws -> [String] {
    let folds = try options.folds ?? model.defaultFolds()
    for fold in folds { _ = try model.weights(ofFold: fold) }
    guard !folds.isEmpty else {
      throw WorkflowError(
        "\(model.folder.path): no fold has weights (\(Model.checkpoints[0])); train one first")
    }
    return folds
  }

  /// What whoever waits should know beforehand, a sentence each.
  package var notes: [String] {
    guard case .model(let earlier, let folds) = previous else { return [] }
    return [
      "\(model.configurationName) refines \(earlier.configurationName), which is predicted first "
        + "with fold \(folds.joined(separator: ", ")) of \(earlier.folder.path)"
    ]
  }

  /// Whether the model tells the arteries apart.
  package var predictsArteries: Bool { model.dataset.labels.foregroundLabels == [1, 2, 3, 4] }

  /// Predicts every case of a folder; one that cannot be read is left out, the others go on.
  ///
  /// `listing` is told of the choice among the series of each DICOM study.
  package func run(
    input: URL, output: URL, listing: (SeriesListing) -> Void = { _ in },
    progress: @escaping ProgressHandler
  ) async throws -> Outcome {
    let files = try PredictionFiles(of: model, input: input)
    let found = try PredictionCase.find(
      at: input, channels: model.dataset.channelNames, files: files)
    guard !found.isEmpty else { throw WorkflowError("\(input.path): no scan found") }
    let cases = options.part.of(found)
    try Folder.create(output)
    try removeUnfinished(of: cases, in: output, files)
    let spared = InferenceRemarks(options.inference)
    var done: [String] = []
    var leftOut: [LeftOut] = []
    let earlier = cases.map(\.id).filter { options.resume && isDone($0, in: output, files) }
    let rest = cases.filter { !earlier.contains($0.id) }
    let predictor = try rest.isEmpty ? nil : opened(spared)
    for (index, one) in rest.enumerated() {
      do {
        let prediction = try predictor?.predict(
          one.load(options.dicom, listing: listing), probabilities: options.probabilities
        ) { part in
          progress(
            WorkProgress(
              "predict", done: index * 100 + Int(part * 100), of: rest.count * 100, detail: one.id))
        }
        if let prediction { try write(prediction, case: one.id, in: output, files) }
        done.append(one.id)
      } catch let error as FileError where error.code == .full || error.code == .denied {
        throw error
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        leftOut.append(LeftOut(subject: one.id, reason: "\(error)"))
      }
    }
    if done.isEmpty, earlier.isEmpty, let first = leftOut.first {
      throw WorkflowError("\(input.path): nothing could be predicted; \(first.reason)")
    }
    try RunRecord(command: "predict", remarks: spared.sentences).write(
      beside: output.appendingPathComponent("predictions"))
    if options.probabilities {
      // nnU-Net's ensembles look for both beside the probabilities.
      try model.plans.write(to: output.appendingPathComponent("plans.json"))
      try model.dataset.write(to: output.appendingPathComponent("dataset.json"))
    }
    return Outcome(cases: done, earlier: earlier, leftOut: leftOut, remarks: spared.sentences)
  }

  private func write(
    _ prediction: CasePredictor.Prediction, case id: String, in output: URL,
    _ files: PredictionFiles
  ) throws {
    if let probabilities = prediction.probabilities {
      try ProbabilityFile.write(probabilities, prediction.properties, case: id, in: output)
    }
    // Last, so that --continue finds it only where everything is there.
    try files.write(
      options.postProcessing?(prediction.labels) ?? prediction.labels,
      to: output.appendingPathComponent(id + files.ending))
  }

  private func isDone(_ id: String, in output: URL, _ files: PredictionFiles) -> Bool {
    files.endings.prefix(options.probabilities ? 3 : 1).allSatisfy {
      Folder.isFile(output.appendingPathComponent(id + $0))
    }
  }

  /// Removes what an interrupted prediction of these cases left beside their files.
  ///
  /// Those of other cases may be another machine's, which is at work on its part.
  private func removeUnfinished(
    of cases: [PredictionCase], in output: URL, _ files: PredictionFiles
  ) throws {
    let names = Set(cases.flatMap { one in files.endings.map { one.id + $0 } })
    for name in try FileManager.default.contentsOfDirectory(atPath: output.path)
    where name.hasPrefix(StagedFile.prefix) {
      let parts = name.dropFirst(StagedFile.prefix.count)
        .split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
      if parts.count == 3, names.contains(String(parts[2])) {
        try Folder.remove(output.appendingPathComponent(name))
      }
    }
  }

  /// Loads the networks once; the closure then segments one CT after the other.
  ///
  /// `remarks` learns how they are computed and what is spared.
  package func predictor(_ remarks: InferenceRemarks) throws
    -> (Volume<Int16>, String, (Double) -> Void) throws -> Volume<UInt8>
  {
    guard model.dataset.channelNames.count == 1 else {
      throw WorkflowError(
        "\(model.folder.path): the model takes \(model.dataset.channelNames.count) channels, "
          + "a CT has one")
    }
    let predictor = try opened(remarks)
    return { ct, name, progress in
      let raw = try RawCase(name: name, channels: [ct.map(Float.init)])
      switch try predictor.predict(raw, progress: progress).labels {
      case .bytes(let mask): return mask
      case .words: throw WorkflowError("the model has too many labels to be arteries")
      }
    }
  }

  private func opened(_ remarks: InferenceRemarks) throws -> CasePredictor {
    try CasePredictor(
      model, folds: folds, options: options, previous: previous?.opened(options), remarks: remarks)
  }
}

extension LabelMap {
  /// Writes the map in the format that the name ends in, complete or not at all.
  func write(to url: URL) throws { try LabelFile.write(self, to: url) }
}
