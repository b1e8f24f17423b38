// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
public import NNUNet
public import Torch

/// A model folder in nnU-Net's layout: plans, data set description, one folder for each fold.
public struct Model: Sendable {
  /// The folder, `<trainer>__<plans>__<configuration>`.
  public let folder: URL
  /// The plans that it was trained with.
  public let plans: Plans
  /// The class of nnU-Net that trained it.
  public let trainerName: String
  /// The name of the configuration.
  public let configurationName: String
  /// The configuration.
  public let configuration: Configuration
  /// Channels and labels.
  public let dataset: DatasetDescription

  /// The names of a fold's checkpoints, best choice for prediction first; `.pth` is nnU-Net's own.
  public static let checkpoints = ["final", "best", "latest"].flatMap {
    ["checkpoint_\($0).safetensors", "checkpoint_\($0).pth"]
  }

  /// Opens a model folder; the weights are read when a network is asked for.
  public init(folder: URL) throws {
    let parts = folder.lastPathComponent.components(separatedBy: "__")
    guard Folder.isFolder(folder) else {
      throw LearningError(.model, subject: folder.path, detail: "no such model folder")
    }
    guard parts.count == 3, Folder.isFile(folder.appendingPathComponent("plans.json")) else {
      throw LearningError(
        .model, subject: folder.path,
        detail: "is no model folder; one is called <trainer>__<plans>__<configuration> and holds "
          + "plans.json, dataset.json and fold_… folders")
    }
    self.folder = folder
    trainerName = parts[0]
    plans = try Plans.read(from: folder.appendingPathComponent("plans.json"))
    dataset = try DatasetDescription.read(from: folder.appendingPathComponent("dataset.json"))
    configurationName = parts[2]
    configuration = try plans.configuration(parts[2])
  }

  /// The folds that have weights.
  public func trainedFolds() throws -> [String] {
    try Folder.names(in: folder).filter { $0.hasPrefix("fold_") }
      .map { String($0.dropFirst("fold_".count)) }
      .filter { (try? weights(ofFold: $0)) != nil }
  }

  /// The folds that predictions average: the numbered ones, as nnU-Net has it, else `all`.
  public func defaultFolds() throws -> [String] {
    let folds = try trainedFolds()
    let numbered = folds.filter { Int($0) != nil }
    return numbered.isEmpty ? folds : numbered
  }

  /// The file with the weights of a fold: the final ones, else the best, else the latest.
  public func weights(ofFold fold: String) throws -> URL {
    let place = folder.appendingPathComponent("fold_\(fold)")
    for name in Self.checkpoints {
      let file = place.appendingPathComponent(name)
      if Folder.isFile(file) { return file }
    }
    throw LearningError(
      .model, subject: place.path,
      detail: "holds no weights (\(Self.checkpoints[0])); train this fold or name another")
  }

  /// The trained network of a fold.
  public func network(ofFold fold: String, on device: Device) throws -> any SegmentationNetwork {
    try trained(fold, on: device).network
  }

  /// The trained network of a fold and the axes that its predictions may be mirrored along.
  public func trained(_ fold: String, on device: Device, withMomenta: Bool = false) throws
    -> TrainedFold
  {
    let file = try weights(ofFold: fold)
    let network = try Self.network(configuration, dataset: dataset, seed: 0, on: device)
    do {
      let stored = try StoredFold(contentsOf: file, withMomenta: withMomenta)
      if let name = stored.configuration, name != configurationName {
        throw LearningError(
          .model, subject: file.path,
          detail: "was trained for \(name), its folder says \(configurationName)")
      }
      try network.load(stored.weights)
      let axes = stored.state.mirroringAxes(dimensions: configuration.dimensions)
      guard axes.allSatisfy({ $0 < configuration.dimensions }) else {
        throw LearningError(
          .model, subject: file.path,
          detail: "mirrors along the axes \(axes), its network has \(configuration.dimensions)")
      }
      return TrainedFold(
        network: network, mirroringAxes: axes, state: stored.state,
        momenta: network.parameters.enumerated().map { i, parameter in
          let momentum = stored.momentum(parameter.name, i)
          return momentum?.shape == parameter.tensor.shape ? momentum : nil
        })
    } catch let error as LearningError where error.code == .state {
      throw LearningError(
        .model, subject: file.path, detail: "does not fit its plan: \(error.description)")
    }
  }

  /// A network of a configuration with initial weights.
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
      dimensions: plan.dimensions, inputChannels: configuration.inputChannels(of: dataset),
      classes: dataset.labels.outputCount, featuresPerStage: plan.featuresPerStage,
      kernelSizes: plan.kernelSizes, strides: plan.strides, convsPerStage: plan.nConvPerStage,
      convsPerStageDecoder: plan.nConvPerStageDecoder, convBias: plan.convBias,
      normEpsilon: plan.normEps)
    switch plan.family {
    case .plainConvUNet:
      return try PlainConvUNet(architecture, on: device, using: &generator)
    case .residualEncoderUNet:
      return try ResidualEncoderUNet(architecture, on: device, using: &generator)
    }
  }
}
