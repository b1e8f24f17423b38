// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
public import Torch
import Zip

/// A network with its trained weights.
public struct TrainedFold {
  /// The network.
  public let network: any SegmentationNetwork
  /// The spatial axes that its predictions may be mirrored along: those of its training.
  public let mirroringAxes: [Int]
  /// Where its training stood.
  public let state: TrainingState
  /// What the optimiser remembers in the order of the parameters, where the file keeps it and it was
  /// asked for.
  public let memory: [OptimizerMemory: [Tensor?]]

  /// The SHA-256 of its weights, whatever file they are from: of one line for each, in the order of
  /// their names, with name, shape and the digest of its values.
  package func weightsDigest() throws -> String {
    var lines = ""
    for (name, tensor) in network.state.sorted(by: { $0.key < $1.key }) {
      let values = try tensor.floats().withUnsafeBytes { Digest.sha256($0) }
      lines += "\(name) \(tensor.shape) \(values)\n"
    }
    return Digest.sha256(lines)
  }
}

/// What a checkpoint file of either kind keeps of a fold.
public struct StoredFold {
  /// The parameters by name.
  public let weights: [String: Tensor]
  /// Where the training stood; for nnU-Net's files as far as they say.
  public let state: TrainingState
  /// What the optimiser remembers of a parameter by its name and number, where the file keeps it.
  let memory: (OptimizerMemory, String, Int) -> Tensor?
  /// The configuration, where the file says.
  public let configuration: String?
  /// Whether nnU-Net wrote it, which says less of how it was trained.
  package let isNNUNet: Bool

  /// Reads a checkpoint: nnU-Net's where the name ends in `.pth`, else one of this package.
  public init(contentsOf url: URL, withMomenta: Bool = false) throws {
    if url.pathExtension == "pth" {
      self.init(try NNUNetCheckpoint(contentsOf: url, withMomenta: withMomenta))
    } else {
      self.init(try Checkpoint(contentsOf: url))
    }
  }

  /// Reads a checkpoint that lies in memory, of the kind that its name says.
  init(_ bytes: PartBytes, named name: String, withMomenta: Bool) throws {
    if name.hasSuffix(".pth") {
      self.init(
        try NNUNetCheckpoint(
          PyTorchFile(bytes, named: name), named: name, withMomenta: withMomenta))
    } else {
      self.init(try Checkpoint(Safetensors(bytes, named: name), named: name))
    }
  }

  private init(_ checkpoint: Checkpoint) {
    (weights, state, configuration) = (checkpoint.weights, checkpoint.state, nil)
    isNNUNet = false
    let kept = checkpoint.memory
    memory = { kind, name, _ in kept[kind]?[name] }
  }

  private init(_ checkpoint: NNUNetCheckpoint) {
    let kept = checkpoint.memory
    memory = { kind, _, index in kept[kind]?[index] }
    var state = TrainingState(options: TrainingOptions(batchSize: 2))
    state.trainerName = checkpoint.trainerName
    if kept[.square] != nil { state.options.optimizer = .adamw }
    let settings = checkpoint.settings
    let rate = settings.initialRate ?? state.options.optimizer.usualRate
    state.options.initialRate = rate
    state.options.weightDecay = settings.weightDecay ?? state.options.weightDecay
    state.options.momentum = settings.momentum ?? state.options.momentum
    state.options.epochs = NNUNetSchedule.epochs(
      checkpoint.log, initialRate: rate, trainer: checkpoint.trainerName)
    state.scaler = checkpoint.scaler
    state.mirroringAxes = checkpoint.mirroringAxes
    state.options.mirrors = !checkpoint.mirroringAxes.isEmpty
    state.epoch = checkpoint.epoch
    state.bestDice = checkpoint.bestDice
    state.log = checkpoint.log
    state.elapsed = checkpoint.log.reduce(0) { $0 + max(0, $1.seconds) }
    (weights, self.state, configuration) = (checkpoint.weights, state, checkpoint.configuration)
    isNNUNet = true
  }

  /// What the optimiser remembers in the order of a network's parameters; `nil` where the file keeps
  /// nothing of it.
  package func memory(for parameters: [NamedParameter]) -> [OptimizerMemory: [Tensor?]]? {
    var all: [OptimizerMemory: [Tensor?]] = [:]
    for kind in OptimizerMemory.allCases {
      let kept = parameters.enumerated().map { memory(kind, $1.name, $0) }
      if kept.contains(where: { $0 != nil }) { all[kind] = kept }
    }
    return all.isEmpty ? nil : all
  }
}
