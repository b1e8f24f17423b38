// SPDX-License-Identifier: Apache-2.0
public import Torch

/// Stochastic gradient descent with momentum, as nnU-Net trains: PyTorch's SGD without dampening.
///
/// g += decay · p; m = momentum · m + g; p -= rate · (g + momentum · m) with Nesterov. Parameters
/// that never had a gradient keep their value and have no momentum: the coarsest head under deep
/// supervision is one.
public final class SGD: Optimizer {
  /// The parameters, in the network's order.
  public let parameters: [Tensor]
  /// The learning rate of the next step.
  public var rate: Double
  /// The share of the last step that stays.
  public let momentum: Double
  /// The weight decay.
  public let weightDecay: Double
  /// Whether the momentum is Nesterov's.
  public let nesterov: Bool
  /// The momentum buffers in the parameters' order; nil where there was no gradient yet.
  public private(set) var momenta: [Tensor?]

  /// An optimiser with nnU-Net's values.
  public init(
    _ parameters: [Tensor], rate: Double,
    momentum: Double = TrainingOptions.default.momentum,
    weightDecay: Double = TrainingOptions.default.weightDecay, nesterov: Bool = true
  ) {
    self.parameters = parameters
    self.rate = rate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.nesterov = nesterov
    momenta = parameters.map { _ in nil }
  }

  /// Changes the parameters that have a gradient.
  public func step() throws {
    var active: [Tensor] = []
    var buffers: [Tensor] = []
    for (i, parameter) in parameters.enumerated() where parameter.hasGradient {
      let buffer =
        try momenta[i]
        ?? .zeros(parameter.shape, dtype: parameter.dtype, on: parameter.device)
      momenta[i] = buffer
      active.append(parameter)
      buffers.append(buffer)
    }
    try Tensor.stepSGD(
      active, momenta: buffers, rate: rate, momentum: momentum, weightDecay: weightDecay,
      nesterov: nesterov)
  }

  /// The momentum buffer of each parameter; `nil` where there was no gradient yet.
  public var state: OptimizerState { [.momentum: momenta] }

  /// Takes over the state of another run.
  public func restore(_ state: OptimizerState) throws {
    momenta = try copies(of: state[.momentum] ?? [], .momentum)
  }
}
