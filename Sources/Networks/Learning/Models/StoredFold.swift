// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
public import Torch
import Zip

/// A network with its trained weights.
public struct TrainedFold {
  /// The network.
  public let network: any SegmentationNetwork
  /// The spatial axes along which its predictions may be mirrored: those of its training.
  public let mirroringAxes: [Int]
  /// The state of its training.
  public let state: TrainingState
  /// The optimiser's state, where the file has it and it was asked for.
  public let optimizerState: OptimizerState

  /// The SHA-256 of the weights, which does not depend on the file format.
  ///
  /// It is that of one line for each weight, in the order of names, with name, shape and the digest
  /// of the values.
  package func weightsDigest() throws -> String {
    var lines = ""
    for (name, tensor) in network.state.sorted(by: { $0.key < $1.key }) {
      let values = try tensor.floats().withUnsafeBytes { Digest.sha256($0) }
      lines += "\(name) \(tensor.shape) \(values)\n"
    }
    return Digest.sha256(lines)
  }
}

/// The contents of a checkpoint of a fold, of this package or of nnU-Net.
public struct StoredFold {
  /// The parameters by name.
  public let weights: [String: Tensor]
  /// The state of the training; for nnU-Net's files as far as they have it.
  public let state: TrainingState
  /// The optimiser's tensor of a kind for a parameter by its name and number, where the file has
  /// it.
  let optimizerTensor: (OptimizerStateKind, String, Int) -> Tensor?
  /// The configuration, where the file names it.
  public let configuration: String?
  /// Whether nnU-Net wrote the file, which holds less of how the network was trained.
  package let isNNUNet: Bool

  /// Reads a checkpoint: nnU-Net's where the name ends in `.pth`, else one of this package.
  public init(contentsOf url: URL, withOptimizerState: Bool = false) throws {
    if url.pathExtension == "pth" {
      self.init(try NNUNetCheckpoint(contentsOf: url, withOptimizerState: withOptimizerState))
    } else {
      self.init(try Checkpoint(contentsOf: url))
    }
  }

  /// Reads a checkpoint in memory, whose name tells its format.
  init(_ bytes: OwnedBytes, named name: String, withOptimizerState: Bool) throws {
    if name.hasSuffix(".pth") {
      self.init(
        try NNUNetCheckpoint(
          PyTorchFile(bytes, named: name), named: name, withOptimizerState: withOptimizerState))
    } else {
      self.init(try Checkpoint(Safetensors(bytes, named: name), named: name))
    }
  }

  private init(_ checkpoint: Checkpoint) {
    (weights, state, configuration) = (checkpoint.weights, checkpoint.state, nil)
    isNNUNet = false
    let buffers = checkpoint.optimizerState
    optimizerTensor = { kind, name, _ in buffers[kind]?[name] }
  }

  private init(_ checkpoint: NNUNetCheckpoint) {
    let buffers = checkpoint.optimizerState
    optimizerTensor = { kind, _, index in buffers[kind]?[index] }
    var state = TrainingState(options: .default)
    state.trainerName = checkpoint.trainerName
    if buffers[.square] != nil { state.options.optimizer = .adamw }
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

  /// The optimiser's state for a network's parameters; `nil` where the file has nothing of it.
  package func optimizerState(for parameters: [NamedParameter]) -> OptimizerState? {
    var state: OptimizerState = [:]
    for kind in OptimizerStateKind.allCases {
      let buffers = parameters.enumerated().map { optimizerTensor(kind, $1.name, $0) }
      if buffers.contains(where: { $0 != nil }) { state[kind] = buffers }
    }
    return state.isEmpty ? nil : state
  }
}
