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
  /// How much of the last step stays.
  public let momentum: Double
  /// How fast parameters fall to zero by themselves.
  public let weightDecay: Double
  /// Whether the gradient is taken where the momentum leads.
  public let nesterov: Bool
  /// The momentum buffers in the parameters' order; nil where there was no gradient yet.
  public private(set) var momenta: [Tensor?]

  /// An optimiser with nnU-Net's values.
  public init(
    _ parameters: [Tensor], rate: Double = 0.01, momentum: Double = 0.99,
    weightDecay: Double = 3e-5, nesterov: Bool = true
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
    var moved: [Tensor] = []
    var buffers: [Tensor] = []
    for (i, parameter) in parameters.enumerated() where parameter.hasGradient {
      let buffer: Tensor
      if let known = momenta[i] {
        buffer = known
      } else {
        buffer = try .zeros(parameter.shape, dtype: parameter.dtype, on: parameter.device)
        momenta[i] = buffer
      }
      moved.append(parameter)
      buffers.append(buffer)
    }
    try Tensor.stepSGD(
      moved, momenta: buffers, rate: rate, momentum: momentum, weightDecay: weightDecay,
      nesterov: nesterov)
  }

  /// What is kept of each parameter; nil where there was no gradient yet.
  public var memory: [OptimizerMemory: [Tensor?]] { [.momentum: momenta] }

  /// Goes on from what another run kept.
  public func restore(_ memory: [OptimizerMemory: [Tensor?]]) throws {
    momenta = try copies(of: memory[.momentum] ?? [], .momentum)
  }
}
