// SPDX-License-Identifier: Apache-2.0
import Learning
import Torch

/// Keeps what a network computes, and brings the gradient of a number back through it.
///
/// Under a rule other than the usual one each activation begins a new part of the computation, whose
/// gradient is brought back part by part from the last to the first. So the rule needs no backward pass
/// of its own in libtorch.
final class NetworkRecorder: NetworkProbe {
  /// The output of a stage, and a tensor of zeros that was added to it: its gradient is that of the
  /// output.
  struct Stage {
    let name: String
    let output: Tensor
    let zeros: Tensor
  }

  private let rule: GradientRule
  private let wanted: Set<String>
  private(set) var stages: [Stage] = []
  private var cuts: [(input: Tensor, output: Tensor, slope: Double)] = []

  /// A recorder of some stages, with a rule for gradients.
  init(rule: GradientRule = .usual, stages: [String] = []) {
    self.rule = rule
    wanted = Set(stages)
  }

  func stage(_ name: String, _ output: Tensor) throws -> Tensor {
    guard wanted.contains(name) else { return output }
    let zeros = try Tensor.zeros(output.shape, on: output.device)
    try zeros.requireGradient()
    stages.append(Stage(name: name, output: try output.detached(), zeros: zeros))
    return try output + zeros
  }

  func activation(_ x: Tensor, slope: Double) throws -> Tensor {
    if rule == .usual {
      let y = try x.clone()
      try y.leakyReLUInPlace(slope: slope)
      return y
    }
    let y = try x.detached().clone()
    try y.leakyReLUInPlace(slope: slope)
    // What does not depend on the image needs no gradient.
    guard x.requiresGradient else { return y }
    try y.requireGradient()
    cuts.append((x, y, slope))
    return y
  }

  /// Brings the gradient of one value back to what it was computed from.
  func backward(from value: Tensor) throws {
    try value.backward()
    for cut in cuts.reversed() {
      guard let gradient = try cut.output.gradient else { continue }
      let passed = try withoutGradients { try pass(gradient, cut.input, slope: cut.slope) }
      try (cut.input * passed).sum().backward()
    }
    cuts = []
  }

  private func pass(_ gradient: Tensor, _ input: Tensor, slope: Double) throws -> Tensor {
    if rule == .deconvolution { return try gradient.clipped(0, .infinity) }
    let isNegative = try input.isLess(than: 0).to(gradient.dtype)
    let factor = try isNegative * (slope - 1) + 1
    return try (gradient * factor).clipped(0, .infinity)
  }
}

/// Runs a body while a network's parameters take no gradient, so that a backward pass costs less and
/// leaves nothing behind.
func withFrozen<Value>(
  _ network: some SegmentationNetwork, _ body: () throws -> Value
) throws -> Value {
  let before = network.tensors.map(\.requiresGradient)
  for tensor in network.tensors { try tensor.requireGradient(false) }
  defer {
    for (tensor, required) in zip(network.tensors, before) where required {
      // It was a leaf with a gradient before, so this cannot fail.
      try? tensor.requireGradient()
    }
  }
  return try body()
}
