// SPDX-License-Identifier: Apache-2.0
public import Torch

/// What changes the parameters of a network from their gradients.
///
/// What it remembers of each parameter is kept by kind, so that a checkpoint can name it.
public protocol Optimizer: AnyObject {
  /// The parameters, in the network's order.
  var parameters: [Tensor] { get }
  /// The learning rate of the next step.
  var rate: Double { get set }
  /// What is remembered of the parameters by kind, in their order; nil where there was no gradient.
  var memory: [OptimizerMemory: [Tensor?]] { get }
  /// Changes the parameters that have a gradient.
  func step() throws
  /// Goes on from what another run remembered; it is copied to the parameters' device.
  func restore(_ memory: [OptimizerMemory: [Tensor?]]) throws
}

/// The kinds of things that optimisers remember; the raw values name them in checkpoints.
public enum OptimizerMemory: String, Sendable, CaseIterable {
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
}

/// Which optimiser a training uses; the raw values are the command line's.
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
  /// Takes the gradients away, before the next pass.
  public func clearGradients() throws {
    for parameter in parameters { try parameter.setGradient(nil) }
  }

  /// Scales the gradients so that their norm is at most `limit`; the norm before.
  public func clipGradients(to limit: Double = 12) throws -> Tensor {
    try Tensor.clipGradients(parameters.filter(\.hasGradient), to: limit)
  }

  /// Copies of stored tensors for each parameter; nil stays nil.
  ///
  /// Throws if their number is wrong, or the shape of one that must have its parameter's.
  func copies(of stored: [Tensor?], _ kind: OptimizerMemory) throws -> [Tensor?] {
    guard stored.count == parameters.count else {
      throw LearningError(
        .state, subject: kind.rawValue,
        detail: "\(parameters.count) buffers were expected, not \(stored.count)")
    }
    return try zip(parameters, stored).enumerated().map { i, pair in
      guard let buffer = pair.1 else { return nil }
      let shape = kind == .steps ? [] : pair.0.shape
      guard buffer.shape == shape else {
        throw LearningError(
          .state, subject: "\(kind.rawValue) \(i)",
          detail: "its shape is \(buffer.shape), \(shape) was expected")
      }
      return try buffer.to(kind == .steps ? .float32 : pair.0.dtype).to(pair.0.device).clone()
    }
  }
}
