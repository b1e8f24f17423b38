// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Learning
import Text
package import Torch

/// A training of a method in one safetensors file.
///
/// Parameters and running statistics have the name of their part as a prefix; the moments of Adam have
/// that of their kind before it. The state is JSON in the metadata.
package struct MethodCheckpoint {
  private static let stateKey = "cac.network_training"

  /// Where the training was.
  package let state: MethodState
  private let tensors: [String: Tensor]
  private let subject: String

  /// Reads a checkpoint.
  ///
  /// - Throws: `LearningError` with the code `model`, which says what is wrong with the file.
  package init(contentsOf url: URL) throws {
    try self.init(Safetensors(contentsOf: url), subject: url.path)
  }

  /// Reads the checkpoint of a model's fold, in a folder or in one file.
  ///
  /// - Throws: `LearningError` with the code `model`, which says what is wrong with it.
  package init(of model: Model, fold: String) throws {
    try self.init(model.tensors(ofFold: fold), subject: model.weights(ofFold: fold).path)
  }

  private init(_ file: Safetensors, subject: String) throws {
    guard let text = file.metadata[Self.stateKey],
      let state = try? JSONDecoder().decode(MethodState.self, from: Data(text.utf8))
    else {
      throw LearningError(
        .model, subject: subject, detail: "is no checkpoint of a network beside nnU-Net")
    }
    for name in file.tensors.keys.sorted() where try file.tensors[name]?.allFinite() == false {
      throw LearningError(
        .model, subject: subject, detail: "\(name) is not finite; train again")
    }
    (self.state, tensors, self.subject) = (state, file.tensors, subject)
  }

  /// Writes what predictions need, complete or not at all: without the moments of the optimiser.
  package func writeForPrediction(to url: URL) throws {
    let kinds = [OptimizerStateKind.mean, .square].map { "\($0.rawValue)/" }
    let weights = tensors.filter { name, _ in !kinds.contains { name.hasPrefix($0) } }
    try Self.write(weights, state, to: url)
  }

  private static func write(
    _ tensors: [String: Tensor], _ state: MethodState, to url: URL
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(state), as: UTF8.self)
    try Safetensors(tensors: tensors, metadata: [Self.stateKey: text]).write(to: url)
  }

  /// Writes the present state of a training, complete or not at all.
  package static func write(_ trainer: MethodTrainer, to url: URL) throws {
    var tensors: [String: Tensor] = [:]
    for part in trainer.method.parts {
      for (name, tensor) in part.parameters + part.statistics {
        tensors["\(part.name).\(name)"] = tensor
      }
    }
    for (name, tensor) in trainer.optimizer?.state ?? [:] { tensors[name] = tensor }
    try write(tensors, trainer.state, to: url)
  }

  /// The networks with these weights.
  ///
  /// - Throws: `LearningError` with the code `model` where they do not fit.
  package func method(on device: Device) throws -> any NetworkMethod {
    let method = try NetworkMethods.named(state.network)
      .init(state.classes, options: state.options, on: device)
    try fill(method)
    return method
  }

  /// Copies the weights into networks of the same kind.
  package func fill(_ method: any NetworkMethod) throws {
    try withoutGradients {
      for part in method.parts {
        for (name, tensor) in part.parameters + part.statistics {
          guard let stored = tensors["\(part.name).\(name)"], stored.shape == tensor.shape else {
            throw LearningError(
              .model, subject: subject,
              detail: "lacks \(part.name).\(name) of \(crossed(tensor.shape)); train again")
          }
          try tensor.copy(from: stored)
        }
      }
    }
  }

  /// The training, to go on with.
  package func trainer(_ method: any NetworkMethod) throws -> MethodTrainer {
    try fill(method)
    let trainer = try MethodTrainer(method, state: state)
    try trainer.restoreOptimizer(tensors)
    return trainer
  }
}
