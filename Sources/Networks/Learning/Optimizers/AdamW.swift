// SPDX-License-Identifier: Apache-2.0
public import Torch

/// AdamW with AMSGrad, as nnU-Net's variant `nnUNetTrainerAdam` trains.
///
/// Each parameter has its own step size. A network therefore leaves the plateau where it predicts
/// nothing after some hundred steps; SGD with nnU-Net's momentum takes a thousand on tiny lesions.
/// Parameters that never had a gradient keep their value.
public final class AdamW: Optimizer {
  /// The parameters, in the network's order.
  public let parameters: [Tensor]
  /// The learning rate of the next step.
  public var rate: Double
  /// The weight decay, times the rate.
  public let weightDecay: Double
  private var moments: [Tensor.AdamMoments?]

  /// An optimiser with PyTorch's betas (0.9, 0.999) and ε of 1e-8.
  public init(
    _ parameters: [Tensor], rate: Double,
    weightDecay: Double = TrainingOptions.default.weightDecay
  ) {
    self.parameters = parameters
    self.rate = rate
    self.weightDecay = weightDecay
    moments = parameters.map { _ in nil }
  }

  /// Changes the parameters that have a gradient.
  public func step() throws {
    var active: [Tensor] = []
    var activeMoments: [Tensor.AdamMoments] = []
    for (i, parameter) in parameters.enumerated() where parameter.hasGradient {
      let current = try moments[i] ?? Self.zeroMoments(of: parameter)
      moments[i] = current
      active.append(parameter)
      activeMoments.append(current)
    }
    try Tensor.stepAdamW(active, moments: activeMoments, rate: rate, weightDecay: weightDecay)
  }

  private static func zeroMoments(of parameter: Tensor) throws -> Tensor.AdamMoments {
    func zeros() throws -> Tensor {
      try .zeros(parameter.shape, dtype: parameter.dtype, on: parameter.device)
    }
    return try .init(
      mean: zeros(), square: zeros(), maximum: zeros(), steps: .zeros([], on: parameter.device))
  }

  /// The moments and steps of each parameter; `nil` where there was no gradient yet.
  public var state: OptimizerState {
    [
      .mean: moments.map { $0?.mean }, .square: moments.map { $0?.square },
      .maximum: moments.map { $0?.maximum }, .steps: moments.map { $0?.steps },
    ]
  }

  /// Takes over the state of another run.
  public func restore(_ state: OptimizerState) throws {
    func stored(_ kind: OptimizerStateKind) throws -> [Tensor?] {
      try copies(of: state[kind] ?? [], kind)
    }
    let (mean, square) = (try stored(.mean), try stored(.square))
    let (maximum, steps) = (try stored(.maximum), try stored(.steps))
    moments = try parameters.indices.map { i in
      switch (mean[i], square[i], maximum[i], steps[i]) {
      case (nil, nil, nil, nil): return nil
      case (let mean?, let square?, let maximum?, let steps?):
        return .init(mean: mean, square: square, maximum: maximum, steps: steps)
      default:
        throw LearningError(
          .state, subject: "moments \(i)", detail: "some of a parameter's four moments are missing")
      }
    }
  }
}
