// SPDX-License-Identifier: Apache-2.0
package import Files
public import Foundation
public import NNUNet
import Text
public import Torch
import Zip

/// A model in nnU-Net's layout: plans, data set description, one folder for each fold; or in one
/// file.
///
/// ```swift
/// let model = try Model(at: URL(fileURLWithPath: "nnUNetTrainer__nnUNetPlans__2d"))
/// let folds = try model.defaultFolds().map { try model.trained($0, on: .cpu) }
/// let predictor = try Predictor(
///   networks: folds.map(\.network), configuration: model.configuration,
///   mirroringAxes: folds[0].mirroringAxes, options: PredictionOptions(), device: .cpu)
/// ```
public struct Model: Sendable {
  /// The folder, or the file that holds it.
  public let folder: URL
  /// Trainer, plans and configuration, which make the name of its folder.
  public let name: ModelName
  /// The plans that it was trained with.
  public let plans: Plans
  /// The configuration that it was trained for.
  public let configuration: Configuration
  /// Channels and labels.
  public let dataset: DatasetDescription

  /// The names of the texts in a model's folder; all but the first two may be missing.
  package static let textNames = [
    Plans.fileName, DatasetDescription.fileName, Fingerprint.fileName, calibrationName,
    NetworkCard.fileName,
  ]

  /// The name of the text with the calibration of a model's probabilities, which may be missing.
  package static let calibrationName = "calibration.json"

  /// The names of a fold's checkpoints, best choice for prediction first; `.pth` is nnU-Net's own.
  public static let checkpoints = ["final", "best", "latest"].flatMap {
    ["checkpoint_\($0).safetensors", "checkpoint_\($0).pth"]
  }

  /// The name of the data set's folder, where a zip of nnU-Net's has it.
  package let datasetFolder: String?
  /// The contents of plans.json.
  package let plansJSON: JSON
  /// The contents of dataset.json.
  package let datasetJSON: JSON
  private let contents: ModelContents
  /// The texts that a checkpoint holds and the folder lacks.
  private let storedTexts: [String: JSON]

  /// Opens a model folder; weights are read when a network is requested.
  ///
  /// A renamed folder, or one without plans.json or dataset.json, gets what is missing from a
  /// checkpoint of nnU-Net in it; else its configuration is the only one of its plans.
  public init(folder: URL) throws {
    guard Folder.isFolder(folder) else {
      throw LearningError(.model, subject: folder.path, detail: "no such model folder")
    }
    let opened = try OpenedFolder(folder)
    try self.init(
      .folder(folder), at: folder, name: opened.name, dataset: nil, storedTexts: opened.texts)
  }

  /// Opens a model: a folder, a file of `cac model export`, nnU-Net's zip of one model, or one of
  /// its checkpoints.
  ///
  /// - Throws: `LearningError` with the code `model`, which says what is wrong with the file or
  ///   folder.
  public init(at url: URL) throws {
    guard Folder.isFile(url) else {
      try self.init(folder: url)
      return
    }
    let models = try Self.models(at: url)
    guard models.count == 1, let model = models.first else {
      let names = models.map { "\($0.name)" }.joined(separator: ", ")
      throw LearningError(
        .model, subject: url.path,
        detail:
          "holds \(counted(models.count, "model")) (\(names)); run cac model import and name one's folder"
      )
    }
    self = model
  }

  /// The models in a folder or a file: one, or several of a zip of nnU-Net's.
  package static func models(at url: URL) throws -> [Model] {
    guard Folder.isFile(url) else { return [try Model(folder: url)] }
    func wrong(_ detail: String) -> LearningError {
      LearningError(.model, subject: url.path, detail: detail)
    }
    guard let zip = try? ZipReader(url) else {
      if url.pathExtension == "safetensors" {
        throw wrong("holds weights alone; name the model folder that its fold_… folder lies in")
      }
      throw wrong(
        "is no model: neither a file of cac model export, nor nnU-Net's zip or .pth; "
          + "or it is damaged or cut off, then copy it again")
    }
    if zip.names.contains(where: { $0.hasSuffix("/data.pkl") }) {
      let single = try SingleCheckpoint(url)
      return [try Model(.checkpoint(single), at: url, name: single.name, dataset: nil)]
    }
    let archives = try ModelArchive.models(in: zip, at: url)
    guard !archives.isEmpty else {
      throw wrong(
        "is a zip, but holds no model: neither \(ModelCard.fileName) nor "
          + "<trainer>__<plans>__<configuration>/plans.json")
    }
    return try archives.map {
      try Model(.archive($0), at: url, name: $0.name, dataset: $0.dataset)
    }
  }

  private init(
    _ contents: ModelContents, at url: URL, name: ModelName, dataset folder: String?,
    storedTexts: [String: JSON] = [:]
  ) throws {
    func json(_ name: String) throws -> (JSON, String) {
      let subject = "\(url.path)/\(name)"
      guard let text = try contents.text(name) else {
        if let json = storedTexts[name] { return (json, subject) }
        throw LearningError(
          .model, subject: subject, detail: "is missing; it belongs to every model")
      }
      return (try JSON.parse(text, subject: subject), subject)
    }
    self.contents = contents
    self.storedTexts = storedTexts
    self.folder = url
    self.name = name
    datasetFolder = folder
    let (plansJSON, plansName) = try json(Plans.fileName)
    let (datasetJSON, datasetName) = try json(DatasetDescription.fileName)
    (self.plansJSON, self.datasetJSON) = (plansJSON, datasetJSON)
    plans = try Plans(json: plansJSON, subject: plansName)
    dataset = try DatasetDescription(json: datasetJSON, subject: datasetName)
    configuration = try plans.configuration(name.configuration)
  }

  /// The first stage of a cascade, where the model is a file that contains it.
  package func includedPreviousStage() throws -> Model? {
    guard case .archive(let archive) = contents, let earlier = archive.previous else { return nil }
    let model = try Model(
      .archive(earlier), at: earlier.location, name: earlier.name, dataset: nil)
    guard model.name.configuration == configuration.previousStage else {
      throw LearningError(
        .model, subject: model.folder.path,
        detail: "is \(model.name.configuration), which \(name.configuration) does not refine")
    }
    return model
  }

  /// The text of a name in the folder; `nil` where there is none.
  package func text(named name: String) throws -> Data? {
    try contents.text(name) ?? storedTexts[name].map { Data($0.text.utf8) }
  }

  /// The JSON of a name in the folder; `nil` where there is none.
  package func json(named name: String) throws -> JSON? {
    try text(named: name).map { try JSON.parse($0, subject: "\(folder.path)/\(name)") }
  }

  /// Reads every part of a model in one file; throws a `LearningError` where a digest differs.
  package func verifyParts() throws {
    guard case .archive(let archive) = contents else { return }
    for name in archive.names { _ = try archive.bytes(name) }
  }

  /// The folds that have weights.
  public func trainedFolds() throws -> [String] {
    try contents.folds().filter { checkpointName(ofFold: $0) != nil }
  }

  /// The folds that predictions average: the numbered ones, as in nnU-Net, else `all`.
  public func defaultFolds() throws -> [String] {
    let folds = try trainedFolds()
    let numbered = folds.filter { Int($0) != nil }
    return numbered.isEmpty ? folds : numbered
  }

  /// The file with the weights of a fold: the final ones, else the best, else the latest.
  ///
  /// Of a model in one file it is a path within that file, for messages.
  public func weights(ofFold fold: String) throws -> URL {
    guard let name = checkpointName(ofFold: fold) else {
      throw LearningError(
        .model, subject: folder.appendingPathComponent("fold_\(fold)").path,
        detail: "holds no weights (\(Self.checkpoints[0])); train this fold or name another")
    }
    return contents.location(of: name, fold: fold)
  }

  private func checkpointName(ofFold fold: String) -> String? {
    if case .checkpoint(let single) = contents, single.fold == fold {
      return single.url.lastPathComponent
    }
    return Self.checkpoints.first { contents.holds($0, fold: fold) }
  }

  /// The tensors of a fold's checkpoint as they are, whatever networks they are of.
  ///
  /// - Throws: `LearningError` or `TorchError`, which says what is wrong with the file.
  package func tensors(ofFold fold: String) throws -> Safetensors {
    let file = try weights(ofFold: fold)
    guard let bytes = try contents.packed(file.lastPathComponent, fold: fold) else {
      return try Safetensors(contentsOf: file)
    }
    return try Safetensors(bytes, named: file.path)
  }

  /// The trained network of a fold with the state of its training.
  ///
  /// - Parameters:
  ///   - fold: the name of the fold, such as "0" or "all".
  ///   - device: where the network shall be.
  ///   - withOptimizerState: whether the state of the optimiser is read as well.
  /// - Throws: `LearningError` with the code `model` where there are no weights, or where they do
  ///   not fit the plan.
  public func trained(_ fold: String, on device: Device, withOptimizerState: Bool = false) throws
    -> TrainedFold
  {
    let file = try weights(ofFold: fold)
    if let card = try networkCard() {
      throw LearningError(
        .unsupported, subject: folder.path,
        detail: "holds networks of \(card.network), and not of nnU-Net, which this is for")
    }
    let network = try Self.network(configuration, dataset: dataset, seed: 0, on: device)
    do {
      let stored = try contents.stored(
        file.lastPathComponent, fold: fold, withOptimizerState: withOptimizerState)
      if let name = stored.configuration, name != self.name.configuration {
        throw LearningError(
          .model, subject: file.path,
          detail: "was trained for \(name), its folder says \(self.name.configuration)")
      }
      try network.load(stored.weights)
      let axes = stored.state.mirroringAxes(dimensions: configuration.dimensions)
      guard axes.allSatisfy({ $0 < configuration.dimensions }) else {
        throw LearningError(
          .model, subject: file.path,
          detail:
            "mirrors along the axes \(listed(axes)), its network has \(configuration.dimensions)")
      }
      var state = stored.state
      // nnU-Net's files do not contain the batch size, which is the plan's.
      if stored.isNNUNet { state.options.batchSize = configuration.batchSize }
      return TrainedFold(
        network: network, mirroringAxes: axes, state: state,
        optimizerState: Self.optimizerState(stored, of: network.parameters))
    } catch let error as LearningError where error.code == .state {
      throw LearningError(
        .model, subject: file.path, detail: "does not fit its plan: \(error.description)")
    }
  }

  /// The optimiser's state in a file, without tensors whose shape does not fit their parameter.
  private static func optimizerState(_ stored: StoredFold, of parameters: [NamedParameter])
    -> OptimizerState
  {
    var state = stored.optimizerState(for: parameters) ?? [:]
    for (kind, buffers) in state {
      let fitting = zip(parameters, buffers).map { parameter, buffer in
        let shape = kind == .steps ? [] : parameter.tensor.shape
        return buffer?.shape == shape ? buffer : nil
      }
      state[kind] = fitting.contains { $0 != nil } ? fitting : nil
    }
    return state
  }

  /// A network of a configuration with initial weights, which depend on the seed alone.
  public static func network(
    _ configuration: Configuration, dataset: DatasetDescription, seed: UInt64, on device: Device
  ) throws -> any SegmentationNetwork {
    let plan = configuration.architecture
    func refuse(_ detail: String) -> LearningError {
      LearningError(.unsupported, subject: configuration.dataIdentifier, detail: detail)
    }
    guard plan.normAffine else {
      throw refuse("its normalisations have no weights (affine); such networks are not supported")
    }
    var generator = KeyedGenerator(seed: seed, purpose: .weights)
    let architecture = try UNetArchitecture(
      plan, inputChannels: configuration.inputChannels(of: dataset),
      classes: dataset.labels.outputCount)
    return try UNet(architecture, on: device, using: &generator)
  }
}
