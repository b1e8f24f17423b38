// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
public import Torch

/// Weights, momenta and state of a training in one safetensors file.
///
/// Parameters carry PyTorch's names; the momentum of `x` is `momentum/x`, absent where a parameter
/// never had a gradient. The state is JSON in the file's metadata.
public struct Checkpoint {
  /// The parameters by name.
  public var weights: [String: Tensor]
  /// The momentum buffers by the name of their parameter.
  public var momenta: [String: Tensor]
  /// Where the training stands.
  public var state: TrainingState

  private static let momentum = "momentum/"
  private static let stateKey = "cac.training_state"

  /// What a trainer holds now.
  public init(of trainer: Trainer) {
    weights = trainer.network.state
    momenta = [:]
    for (parameter, buffer) in zip(trainer.network.parameters, trainer.optimizer.momenta) {
      momenta[parameter.name] = buffer
    }
    state = trainer.state
  }

  /// Reads a checkpoint; the error names the file and what is wrong with it.
  public init(contentsOf url: URL) throws {
    let file = try Safetensors(contentsOf: url)
    weights = file.tensors.filter { !$0.key.hasPrefix(Self.momentum) }
    momenta = [:]
    for (name, tensor) in file.tensors where name.hasPrefix(Self.momentum) {
      momenta[String(name.dropFirst(Self.momentum.count))] = tensor
    }
    guard let text = file.metadata[Self.stateKey] else {
      throw LearningError(
        .model, subject: url.path, detail: "holds no training state; it is no checkpoint of cac")
    }
    do {
      state = try JSONDecoder().decode(TrainingState.self, from: Data(text.utf8))
    } catch {
      throw LearningError(.model, subject: url.path, detail: "its training state cannot be read")
    }
    if let fault = state.fault {
      throw LearningError(
        .model, subject: url.path, detail: "its training state cannot be: \(fault)")
    }
    for (kind, tensors) in [("weight", weights), ("momentum of", momenta)] {
      for name in tensors.keys.sorted() where try tensors[name]?.allFinite() == false {
        throw LearningError(
          .model, subject: url.path, detail: "the \(kind) \(name) is not finite; train again")
      }
    }
  }

  /// Writes the file, complete or not at all.
  public func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    var tensors = weights
    for (name, tensor) in momenta { tensors[Self.momentum + name] = tensor }
    try Safetensors(
      tensors: tensors,
      metadata: [Self.stateKey: String(decoding: try encoder.encode(state), as: UTF8.self)]
    ).write(to: url)
  }
}
