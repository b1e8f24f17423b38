// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
public import Torch

/// Weights, the optimiser's memory and the state of a training in one safetensors file.
///
/// Parameters carry PyTorch's names; the momentum of `x` is `momentum/x`, absent where a parameter
/// never had a gradient, and so are the other kinds of `OptimizerMemory`. The state is JSON in the file's metadata.
public struct Checkpoint {
  /// The parameters by name.
  public var weights: [String: Tensor]
  /// What the optimiser remembers by the name of the parameter.
  public var memory: [OptimizerMemory: [String: Tensor]]
  /// Where the training stands.
  public var state: TrainingState

  private static let stateKey = "cac.training_state"

  /// What a trainer holds now.
  public init(of trainer: Trainer) {
    weights = trainer.network.state
    let names = trainer.network.parameters.map(\.name)
    memory = trainer.optimizer.memory.mapValues { tensors in
      Dictionary(
        zip(names, tensors).compactMap { name, tensor in tensor.map { (name, $0) } },
        uniquingKeysWith: { first, _ in first })
    }
    state = trainer.state
  }

  /// A checkpoint of a network that was trained elsewhere.
  public init(of fold: TrainedFold) {
    weights = fold.network.state
    state = fold.state
    let names = fold.network.parameters.map(\.name)
    memory = fold.memory.mapValues { tensors in
      Dictionary(
        zip(names, tensors).compactMap { name, tensor in tensor.map { (name, $0) } },
        uniquingKeysWith: { first, _ in first })
    }
  }

  /// What the optimiser remembers, in the order of a network's parameters.
  public func memory(
    for parameters: [NamedParameter]
  ) -> [OptimizerMemory: [Tensor?]] {
    memory.mapValues { stored in parameters.map { stored[$0.name] } }
  }

  /// Reads a checkpoint; the error names the file and what is wrong with it.
  public init(contentsOf url: URL) throws {
    try self.init(Safetensors(contentsOf: url), named: url.path)
  }

  /// A checkpoint from what its file held; the name is the file's, for errors.
  init(_ file: Safetensors, named subject: String) throws {
    weights = [:]
    memory = [:]
    for (name, tensor) in file.tensors {
      let parts = name.split(separator: "/", maxSplits: 1)
      if parts.count == 2, let kind = OptimizerMemory(rawValue: String(parts[0])) {
        memory[kind, default: [:]][String(parts[1])] = tensor
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
        .model, subject: subject, detail: "its training state cannot be: \(fault)")
    }
    let kept = memory.map { ("\($0.key.rawValue) of", $0.value) }.sorted { $0.0 < $1.0 }
    for (kind, tensors) in [("weight", weights)] + kept {
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
    for (kind, kept) in memory {
      for (name, tensor) in kept { tensors["\(kind.rawValue)/\(name)"] = tensor }
    }
    try Safetensors(
      tensors: tensors,
      metadata: [Self.stateKey: String(decoding: try encoder.encode(state), as: UTF8.self)]
    ).write(to: url)
  }
}
