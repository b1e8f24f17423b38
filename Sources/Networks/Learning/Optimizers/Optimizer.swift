// SPDX-License-Identifier: Apache-2.0
import Text
public import Torch

/// Changes the parameters of a network by their gradients.
///
/// The state is kept by kind, so that a checkpoint can name its tensors.
public protocol Optimizer: AnyObject {
  /// The parameters, in the network's order.
  var parameters: [Tensor] { get }
  /// The learning rate of the next step.
  var rate: Double { get set }
  /// The state that steps leave behind.
  var state: OptimizerState { get }
  /// Changes the parameters that have a gradient.
  func step() throws
  /// Takes over the state of another run, copied to the parameters' device.
  ///
  /// - Throws: `LearningError` with the code `state` where it does not fit the parameters.
  func restore(_ state: OptimizerState) throws
}

/// The state of an optimiser: the tensors of each kind in the order of the parameters, `nil` where
/// a parameter never had a gradient.
public typealias OptimizerState = [OptimizerStateKind: [Tensor?]]

/// The kinds of tensors in an optimiser's state; the raw values name them in checkpoints.
public enum OptimizerStateKind: String, Sendable, CaseIterable {
  /// The momentum buffer of `SGD`.
  case momentum
  /// The running mean of the gradient of `AdamW`.
  case mean = "exp_avg"
  /// The running mean of the squared gradient of `AdamW`.
  case square = "exp_avg_sq"
  /// The largest running mean of the squared gradient of `AdamW`.
  case maximum = "max_exp_avg_sq"
  /// The number of steps of `AdamW`.
  case steps = "step"

  /// PyTorch's name of the tensor in the state of its optimisers.
  var pyTorchName: String { self == .momentum ? "momentum_buffer" : rawValue }
}

/// The optimiser of a training; the raw values are those of the command line.
public enum OptimizerChoice: String, Sendable, Hashable, Codable, CaseIterable {
  /// nnU-Net's: stochastic gradient descent with Nesterov momentum.
  case sgd
  /// nnU-Net's variant `nnUNetTrainerAdam`: AdamW with AMSGrad.
  case adamw

  /// The learning rate of the first epoch where none is asked for.
  public var usualRate: Double {
    switch self {
    case .sgd: 0.01
    case .adamw: 1e-3
    }
  }
}

extension Optimizer {
  /// Removes the gradients, before the next pass.
  public func clearGradients() throws {
    for parameter in parameters { try parameter.setGradient(nil) }
  }

  /// Scales the gradients so that their norm is at most `limit`; the norm before.
  public func clipGradients(
    to limit: Double = TrainingOptions.default.gradientLimit
  ) throws -> Tensor {
    try Tensor.clipGradients(parameters.filter(\.hasGradient), to: limit)
  }

  /// Copies of stored tensors for each parameter; nil stays nil.
  ///
  /// - Throws: `LearningError` where their number or a shape does not fit the parameters.
  func copies(of stored: [Tensor?], _ kind: OptimizerStateKind) throws -> [Tensor?] {
    guard stored.count == parameters.count else {
      throw LearningError(
        .state, subject: kind.rawValue,
        detail:
          "\(counted(parameters.count, "buffer was", "buffers were")) expected, not \(stored.count)"
      )
    }
    return try zip(parameters, stored).enumerated().map { i, pair in
      guard let buffer = pair.1 else { return nil }
      let shape = kind == .steps ? [] : pair.0.shape
      guard buffer.shape == shape else {
        throw LearningError(
          .state, subject: "\(kind.rawValue) \(i)",
          detail: "its shape is \(crossed(buffer.shape)), \(crossed(shape)) was expected")
      }
      return try buffer.to(kind == .steps ? .float32 : pair.0.dtype).to(pair.0.device).clone()
    }
  }
}
