// SPDX-License-Identifier: Apache-2.0
public import Torch

/// AdamW with AMSGrad, as nnU-Net's variant `nnUNetTrainerAdam` trains.
///
/// Each parameter moves by its own scale, so that a network leaves the plateau where it predicts
/// nothing after some hundred steps; SGD with nnU-Net's momentum takes a thousand on tiny lesions.
/// Parameters that never had a gradient keep their value.
public final class AdamW: Optimizer {
  /// The parameters, in the network's order.
  public let parameters: [Tensor]
  /// The learning rate of the next step.
  public var rate: Double
  /// How fast parameters shrink by themselves, times the rate.
  public let weightDecay: Double
  private var moments: [Tensor.AdamMoments?]

  /// An optimiser with PyTorch's betas (0.9, 0.999) and ε of 1e-8.
  public init(_ parameters: [Tensor], rate: Double = 3e-4, weightDecay: Double = 3e-5) {
    self.parameters = parameters
    self.rate = rate
    self.weightDecay = weightDecay
    moments = parameters.map { _ in nil }
  }

  /// Changes the parameters that have a gradient.
  public func step() throws {
    var moved: [Tensor] = []
    var known: [Tensor.AdamMoments] = []
    for (i, parameter) in parameters.enumerated() where parameter.hasGradient {
      let own: Tensor.AdamMoments
      if let kept = moments[i] {
        own = kept
      } else {
        func zeros(_ shape: [Int]) throws -> Tensor {
          try .zeros(shape, dtype: parameter.dtype, on: parameter.device)
        }
        own = try .init(
          mean: zeros(parameter.shape), square: zeros(parameter.shape),
          maximum: zeros(parameter.shape), steps: .zeros([], on: parameter.device))
        moments[i] = own
      }
      moved.append(parameter)
      known.append(own)
    }
    try Tensor.stepAdamW(moved, moments: known, rate: rate, weightDecay: weightDecay)
  }

  /// What is kept of each parameter; nil where there was no gradient yet.
  public var memory: [OptimizerMemory: [Tensor?]] {
    [
      .mean: moments.map { $0?.mean }, .square: moments.map { $0?.square },
      .maximum: moments.map { $0?.maximum }, .steps: moments.map { $0?.steps },
    ]
  }

  /// Goes on from what another run kept.
  public func restore(_ memory: [OptimizerMemory: [Tensor?]]) throws {
    func stored(_ kind: OptimizerMemory) throws -> [Tensor?] {
      try copies(of: memory[kind] ?? [], kind)
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
