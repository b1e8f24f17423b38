// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NIfTI
import NNUNet
import Torch
import Volume

/// Segments calcium with a trained model.
package struct PredictionRun: Sendable {
  /// What a prediction can be told.
  package struct Options: Sendable {
    package var folds: [Int]?
    package var mirroring: Bool
    package var step: Double
    package var device: String
    package var dicom: DICOMInput

    package init(
      folds: [Int]? = nil, mirroring: Bool = true, step: Double = 0.5, device: String = "auto",
      dicom: DICOMInput = .init()
    ) {
      self.folds = folds
      self.mirroring = mirroring
      self.step = step
      self.device = device
      self.dicom = dicom
    }
  }

  /// What came of it.
  package struct Outcome: Sendable {
    package let cases: [String]
    package let leftOut: [LeftOut]
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
    folds = try options.folds.map { $0.map(String.init) } ?? model.trainedFolds()
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
    let predict = try predictor()
    var done: [String] = []
    var leftOut: [LeftOut] = []
    for (index, scan) in scans.enumerated() {
      do {
        let mask = try predict(scan.load(options.dicom, listing: listing).ct, scan.id) { part in
          progress(
            WorkProgress(
              "predict", done: index * 100 + Int(part * 100), of: scans.count * 100,
              detail: scan.id))
        }
        try NIfTIFile.write(mask, to: output.appendingPathComponent(scan.id + ".nii.gz"))
        done.append(scan.id)
      } catch let error as FileError where error.code == .full || error.code == .denied {
        throw error
      } catch is CancellationError {
        throw CancellationError()
      } catch {
        leftOut.append(LeftOut(subject: scan.id, reason: "\(error)"))
      }
    }
    guard !done.isEmpty else {
      throw WorkflowError(
        "\(input.path): nothing could be predicted; " + (leftOut.first?.reason ?? "no scan found"))
    }
    try RunRecord(command: "predict").write(beside: output.appendingPathComponent("predictions"))
    return Outcome(cases: done, leftOut: leftOut)
  }

  /// Loads the networks once; the closure then segments one CT after the other.
  func predictor() throws -> (Volume<Int16>, String, (Double) -> Void) throws -> Volume<UInt8> {
    let device = try options.device.device()
    var settings = PredictionOptions()
    settings.mirroring = options.mirroring
    settings.step = options.step
    let predictor = try Predictor(
      networks: folds.map { try model.network(ofFold: $0, on: device) },
      configuration: model.configuration, options: settings, device: device)
    let preprocessor = try Preprocessor(
      plans: model.plans, configuration: model.configurationName, labels: model.dataset.labels)
    let export = try Export(
      plans: model.plans, configuration: model.configurationName, labels: model.dataset.labels)
    return { ct, name, progress in
      let raw = try RawCase(name: name, channels: [ct.map(Float.init)])
      let one = try preprocessor.preprocess(raw)
      let logits = try predictor.logits(of: one) { progress(Double($0) / Double($1)) }
      return try export.labelMap(logits: logits, shape: one.shape, properties: one.properties)
    }
  }
}
