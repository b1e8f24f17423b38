// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
public import Torch

/// Weights, the optimiser's state and the state of a training in one safetensors file.
///
/// Parameters carry PyTorch's names. The momentum of `x` is `momentum/x` and absent where a
/// parameter never had a gradient; the other kinds of `OptimizerStateKind` are named likewise. The
/// state of the training is JSON in the file's metadata.
public struct Checkpoint {
  /// The parameters by name.
  public var weights: [String: Tensor]
  /// The optimiser's state by kind and the name of the parameter.
  public var optimizerState: [OptimizerStateKind: [String: Tensor]]
  /// The state of the training.
  public var state: TrainingState

  private static let stateKey = "cac.training_state"

  /// The present state of a trainer.
  public init(of trainer: Trainer) {
    self.init(trainer.network, optimizerState: trainer.optimizer.state, state: trainer.state)
  }

  /// A checkpoint of a network that was trained elsewhere.
  public init(of fold: TrainedFold) {
    self.init(fold.network, optimizerState: fold.optimizerState, state: fold.state)
  }

  private init(
    _ network: any SegmentationNetwork, optimizerState: OptimizerState, state: TrainingState
  ) {
    weights = network.state
    let names = network.parameters.map(\.name)
    self.optimizerState = optimizerState.mapValues { tensors in
      Dictionary(
        zip(names, tensors).compactMap { name, tensor in tensor.map { (name, $0) } },
        uniquingKeysWith: { first, _ in first })
    }
    self.state = state
  }

  /// Reads a checkpoint.
  ///
  /// - Throws: `LearningError` with the code `model` or `TorchError` with the code `file`, which
  ///   says what is wrong with the file.
  public init(contentsOf url: URL) throws {
    try self.init(Safetensors(contentsOf: url), named: url.path)
  }

  /// A checkpoint of the contents of a file; `subject` names the file in errors.
  init(_ file: Safetensors, named subject: String) throws {
    weights = [:]
    optimizerState = [:]
    for (name, tensor) in file.tensors {
      let parts = name.split(separator: "/", maxSplits: 1)
      if parts.count == 2, let kind = OptimizerStateKind(rawValue: String(parts[0])) {
        optimizerState[kind, default: [:]][String(parts[1])] = tensor
      } else {
        weights[name] = tensor
      }
    }
    guard let text = file.metadata[Self.stateKey] else {
      throw LearningError(
        .model, subject: subject, detail: "holds no training state; it is no checkpoint of cac")
    }
    do {
      state = try JSONDecoder().decode(TrainingState.self, from: Data(text.utf8))
    } catch {
      throw LearningError(.model, subject: subject, detail: "its training state cannot be read")
    }
    if let fault = state.fault {
      throw LearningError(
        .model, subject: subject, detail: "its training state is impossible: \(fault)")
    }
    let buffers = optimizerState.map { ("\($0.key.rawValue) of", $0.value) }
      .sorted { $0.0 < $1.0 }
    for (kind, tensors) in [("weight", weights)] + buffers {
      for name in tensors.keys.sorted() where try tensors[name]?.allFinite() == false {
        throw LearningError(
          .model, subject: subject, detail: "the \(kind) \(name) is not finite; train again")
      }
    }
  }

  /// Writes the file, complete or not at all.
  public func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var tensors = weights
    for (kind, buffers) in optimizerState {
      for (name, tensor) in buffers { tensors["\(kind.rawValue)/\(name)"] = tensor }
    }
    try Safetensors(
      tensors: tensors,
      metadata: [Self.stateKey: String(decoding: try encoder.encode(state), as: UTF8.self)]
    ).write(to: url)
  }
}
