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
  /// The name of the configuration.
  public let configurationName: String
  /// The configuration.
  public let configuration: Configuration
  /// Channels and labels.
  public let dataset: DatasetDescription

  /// The names of a fold's checkpoints, best choice for prediction first.
  public static let checkpoints = [
    "checkpoint_final.safetensors", "checkpoint_best.safetensors", "checkpoint_latest.safetensors",
  ]

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
    let file = try weights(ofFold: fold)
    let network = try Self.network(configuration, dataset: dataset, seed: 0, on: device)
    do {
      try network.load(Checkpoint(contentsOf: file).weights)
    } catch let error as LearningError where error.code == .state {
      throw LearningError(
        .model, subject: file.path, detail: "does not fit its plan: \(error.description)")
    }
    return network
  }

  /// A network of a configuration with initial weights.
  public static func network(
    _ configuration: Configuration, dataset: DatasetDescription, seed: UInt64, on device: Device
  ) throws -> PlainConvUNet {
    let plan = configuration.architecture
    guard plan.family == .plainConvUNet else {
      throw LearningError(
        .unsupported, subject: configuration.dataIdentifier,
        detail: "residual encoders cannot be run so far; plan with the default planner")
    }
    var generator = KeyedGenerator(seed: seed, purpose: .weights)
    return try PlainConvUNet(
      UNetArchitecture(
        dimensions: plan.dimensions, inputChannels: dataset.channelNames.count,
        classes: dataset.labels.outputCount, featuresPerStage: plan.featuresPerStage,
        kernelSizes: plan.kernelSizes, strides: plan.strides, convsPerStage: plan.nConvPerStage,
        convsPerStageDecoder: plan.nConvPerStageDecoder, convBias: plan.convBias,
        normEpsilon: plan.normEps), on: device, using: &generator)
  }
}
