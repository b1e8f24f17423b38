// SPDX-License-Identifier: Apache-2.0
package import Learning
package import Torch

/// Adam (Kingma 2015) with PyTorch's betas (0.9, 0.999) and ε of 1e-8.
///
/// m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; p -= rate / (1 − β₁ᵗ) · m / (√(v / (1 − β₂ᵗ)) + ε).
package final class Adam {
  private let parameters: [NamedParameter]
  /// The learning rate of the next step.
  package var rate: Double
  private var means: [Tensor]
  private var squares: [Tensor]
  /// The number of steps so far.
  package private(set) var steps = 0

  /// An optimiser of a network's parameters.
  package init(_ parameters: [NamedParameter], rate: Double) throws {
    self.parameters = parameters
    self.rate = rate
    func zeros() throws -> [Tensor] {
      try parameters.map { try .zeros($0.tensor.shape, on: $0.tensor.device) }
    }
    (means, squares) = (try zeros(), try zeros())
  }

  /// Removes the gradients, before the next pass.
  package func clearGradients() throws {
    for parameter in parameters { try parameter.tensor.setGradient(nil) }
  }

  /// Changes the parameters; one without a gradient keeps its value and its moments.
  package func step() throws {
    steps += 1
    let correction = 1 - power(0.9, steps)
    let spread = (1 - power(0.999, steps)).squareRoot()
    try withoutGradients {
      for (i, parameter) in parameters.enumerated() {
        guard let gradient = try parameter.tensor.gradient else { continue }
        try means[i].multiplyInPlace(0.9)
        try means[i].addInPlace(gradient, scaledBy: 0.1)
        try squares[i].multiplyInPlace(0.999)
        try squares[i].addInPlace(gradient * gradient, scaledBy: 0.001)
        let scale = try squares[i].power(0.5) * (1 / spread) + 1e-8
        try parameter.tensor.addInPlace(means[i] / scale, scaledBy: -rate / correction)
      }
    }
  }

  private func power(_ base: Double, _ exponent: Int) -> Double {
    (0..<exponent).reduce(1) { value, _ in value * base }
  }

  /// The moments by the names of their parameters, with the prefix of their kind.
  package var state: [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (i, parameter) in parameters.enumerated() {
      tensors["\(OptimizerStateKind.mean.rawValue)/\(parameter.name)"] = means[i]
      tensors["\(OptimizerStateKind.square.rawValue)/\(parameter.name)"] = squares[i]
    }
    return tensors
  }

  /// Takes over the moments of another run after so many steps.
  ///
  /// - Throws: `LearningError` with the code `state` where a moment is missing or has another shape.
  package func restore(_ stored: [String: Tensor], steps: Int) throws {
    func moments(_ kind: OptimizerStateKind) throws -> [Tensor] {
      try parameters.map { parameter in
        let name = "\(kind.rawValue)/\(parameter.name)"
        guard let tensor = stored[name], tensor.shape == parameter.tensor.shape else {
          throw LearningError(
            .state, subject: name, detail: "is missing or has another shape than its parameter")
        }
        return try tensor.to(parameter.tensor.device).clone()
      }
    }
    (means, squares) = (try moments(.mean), try moments(.square))
    self.steps = steps
  }
}
