// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
package import Learning
import NIfTI
import NNUNet
import Torch
import Volume

/// Segments calcium with a trained model.
package struct PredictionRun: Sendable {
  /// What a prediction can be told.
  package struct Options: Sendable {
    package var folds: [String]?
    package var mirroring: Bool
    package var step: Double
    package var device: String
    package var dicom: DICOMInput
    /// Whether the classes' probabilities are kept beside the label maps.
    package var probabilities: Bool
    /// Whether cases whose files are there already are passed over.
    package var resume: Bool
    /// How networks are computed, and what is spared.
    package var inference = InferenceOptions()

    package init(
      folds: [String]? = nil, mirroring: Bool = true, step: Double = 0.5, device: String = "auto",
      dicom: DICOMInput = .init(), probabilities: Bool = false, resume: Bool = false
    ) {
      self.folds = folds
      self.mirroring = mirroring
      self.step = step
      self.device = device
      self.dicom = dicom
      self.probabilities = probabilities
      self.resume = resume
    }
  }

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

  /// Opens a model folder; throws if a fold has no weights.
  package init(model folder: URL, options: Options) throws {
    model = try Model(folder: folder)
    guard model.dataset.channelNames.count == 1 else {
      throw WorkflowError(
        "\(folder.path): the model wants \(model.dataset.channelNames.count) channels, "
          + "a CT has one")
    }
    folds = try options.folds ?? model.defaultFolds()
    for fold in folds { _ = try model.weights(ofFold: fold) }
    guard !folds.isEmpty else {
      throw WorkflowError(
        "\(folder.path): no fold has weights (\(Model.checkpoints[0])); train one first")
    }
    self.options = options
  }

  /// Whether the model tells the arteries apart.
  var predictsArteries: Bool { model.dataset.labels.foregroundLabels == [1, 2, 3, 4] }

  /// Predicts every scan of a folder; one that cannot be read is left out, the others go on.
  ///
  /// `listing` is told of the choice among the series of each DICOM study.
  package func run(
    input: URL, output: URL, listing: (SeriesListing) -> Void = { _ in },
    progress: @escaping ProgressHandler
  ) async throws -> Outcome {
    let scans = try Scan.find(at: input)
    try Folder.create(output)
    let spared = InferenceRemarks(options.inference)
    let predict = try fullPredictor(spared)
    var done: [String] = []
    var earlier: [String] = []
    var leftOut: [LeftOut] = []
    for (index, scan) in scans.enumerated() {
      if options.resume, isDone(scan.id, in: output) {
        earlier.append(scan.id)
        continue
      }
      do {
        let prediction = try predict(scan.load(options.dicom, listing: listing).ct, scan.id) {
          part in
          progress(
            WorkProgress(
              "predict", done: index * 100 + Int(part * 100), of: scans.count * 100,
              detail: scan.id))
        }
        if let probabilities = prediction.probabilities {
          try ProbabilityFile.write(
            probabilities, prediction.properties, case: scan.id, in: output)
        }
        // Last, so that --continue finds it only where everything is there.
        try NIfTIFile.write(
          prediction.mask, to: output.appendingPathComponent(scan.id + ".nii.gz"))
        done.append(scan.id)
      } catch let error as FileError where error.code == .full || error.code == .denied {
        throw error
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        leftOut.append(LeftOut(subject: scan.id, reason: "\(error)"))
      }
    }
    guard !done.isEmpty || !earlier.isEmpty else {
      throw WorkflowError(
        "\(input.path): nothing could be predicted; " + (leftOut.first?.reason ?? "no scan found"))
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

  private func isDone(_ id: String, in output: URL) -> Bool {
    let endings = options.probabilities ? ["nii.gz", "npz", "pkl"] : ["nii.gz"]
    return endings.allSatisfy { Folder.isFile(output.appendingPathComponent("\(id).\($0)")) }
  }

  /// What is predicted of one CT.
  struct Prediction {
    let mask: Volume<UInt8>
    /// One volume for each class, where they were asked for.
    let probabilities: [Volume<Float>]?
    let properties: CaseProperties
  }

  /// Loads the networks once; the closure then segments one CT after the other.
  ///
  /// `remarks` learns how they are computed and what is spared.
  func predictor(_ remarks: InferenceRemarks) throws
    -> (Volume<Int16>, String, (Double) -> Void) throws -> Volume<UInt8>
  {
    let predict = try fullPredictor(remarks)
    return { try predict($0, $1, $2).mask }
  }

  private func fullPredictor(_ remarks: InferenceRemarks) throws
    -> (Volume<Int16>, String, (Double) -> Void) throws -> Prediction
  {
    let device = try options.device.device()
    var settings = PredictionOptions()
    settings.mirroring = options.mirroring
    settings.step = options.step
    settings.inference = options.inference
    let trained = try folds.map { try model.trained($0, on: device) }
    // The first fold's axes are those of all, as in nnU-Net.
    let predictor = try Predictor(
      networks: trained.map(\.network), configuration: model.configuration,
      mirroringAxes: trained.first?.mirroringAxes, options: settings, device: device)
    let preprocessor = try Preprocessor(
      plans: model.plans, configuration: model.configurationName, labels: model.dataset.labels)
    let export = try Export(
      plans: model.plans, configuration: model.configurationName, labels: model.dataset.labels)
    let keepsProbabilities = options.probabilities
    let (labels, transpose) = (model.dataset.labels, model.plans.transposeForward)
    let skips = options.inference.skipsEmptyWindows
    return { ct, name, progress in
      let raw = try RawCase(name: name, channels: [ct.map(Float.init)])
      let one = try preprocessor.preprocess(raw)
      let needed =
        try skips
        ? NeededWindows(raw.channels[0], as: one, transpose: transpose) : nil
      let logits = try predictor.logits(
        of: one, filter: needed.map { WindowFilter(labels, isNeeded: $0.contain) }
      ) { progress(Double($0) / Double($1)) }
      remarks.note(predictor)
      guard keepsProbabilities else {
        let mask = try export.labelMap(
          logits: logits, shape: one.shape, properties: one.properties)
        return Prediction(mask: mask, probabilities: nil, properties: one.properties)
      }
      let probabilities = try export.probabilities(
        logits: logits, shape: one.shape, properties: one.properties)
      return Prediction(
        mask: try export.labelMap(probabilities: probabilities), probabilities: probabilities,
        properties: one.properties)
    }
  }
}
