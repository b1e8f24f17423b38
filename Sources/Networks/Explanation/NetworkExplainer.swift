// SPDX-License-Identifier: Apache-2.0
public import Learning
public import Torch

/// What a number that a network computes depends on: maps over one image.
///
/// The number is Σ weights · logits, for weights (1, classes, spatial axes…). Images are (1, channels,
/// spatial axes…), maps have the spatial axes. The network's weights and its results do not change.
///
/// ```swift
/// let explainer = NetworkExplainer(network)
/// let map = try explainer.inputGradient(of: image, weights: weights, rule: .guided)
/// ```
public struct NetworkExplainer {
  /// The network.
  public let network: any ProbedNetwork

  /// An explainer of a network.
  public init(_ network: any ProbedNetwork) { self.network = network }

  /// The number itself.
  public func value(of image: Tensor, weights: Tensor) throws -> Double {
    try withInferenceMode { try (network(image) * weights).sum().item() }
  }

  /// The gradient (1, channels, spatial axes…) of the number with respect to the image.
  ///
  /// With `guided` it is guided backpropagation, with `deconvolution` the view of Zeiler and Fergus.
  public func inputGradient(
    of image: Tensor, weights: Tensor, rule: GradientRule = .usual
  ) throws -> Tensor {
    try withFrozen(network) {
      let leaf = try image.detached().clone()
      try leaf.requireGradient()
      let recorder = NetworkRecorder(rule: rule)
      let logits = try network.logits(leaf, probe: recorder)
      try recorder.backward(from: (logits * weights).sum())
      return try leaf.gradient ?? Tensor.zeros(image.shape)
    }
  }

  /// Integrated gradients (Sundararajan 2017, equation 1) from a baseline to the image.
  ///
  /// (image − baseline) · ∫ gradient(baseline + t (image − baseline)) dt over 0 to 1, by Gauss and
  /// Legendre's rule of so many points, one after the other, so that memory does not grow with them. The
  /// sum over the image approaches the number's difference between image and baseline.
  ///
  /// - Returns: the attribution (1, channels, spatial axes…).
  public func integratedGradients(
    of image: Tensor, baseline: Tensor, weights: Tensor, points: Int
  ) throws -> Tensor {
    let difference = try image - baseline
    let sum = try Tensor.zeros(image.shape)
    for (place, weight) in GaussLegendre.rule(points: points) {
      try Task.checkCancellation()
      let between = try baseline.adding(difference, scaledBy: place)
      try sum.addInPlace(inputGradient(of: between, weights: weights), scaledBy: weight)
    }
    return try sum * difference
  }

  /// The class activation maps of stages, each on the image's grid (spatial axes…), not negative.
  ///
  /// Grad-CAM (Selvaraju 2017, equations 1 and 2) weighs a channel by the mean of its gradient. For
  /// segmentations the number sums over voxels (Vinogradova 2020). Grad-CAM++ (Chattopadhay 2018,
  /// equations 10 and 19) weighs it by Σ α · max(0, g), where α = g² / (2 g² + Σ A · g³). Maps of coarse
  /// stages are interpolated linearly.
  ///
  /// - Parameters:
  ///   - stages: names of `network.stageNames`, all of which are computed in one pass.
  ///   - isPlusPlus: whether the maps are those of Grad-CAM++.
  /// - Throws: `ExplanationError` for a stage that the network lacks.
  public func activationMaps(
    of image: Tensor, weights: Tensor, stages: [String], isPlusPlus: Bool = false
  ) throws -> [String: Tensor] {
    if let unknown = stages.first(where: { !network.stageNames.contains($0) }) {
      throw ExplanationError(
        .layer, subject: unknown,
        detail: "the network has no such stage; its stages are "
          + network.stageNames.joined(separator: ", "))
    }
    let recorder = NetworkRecorder(stages: stages)
    try withFrozen(network) {
      let logits = try network.logits(image, probe: recorder)
      try recorder.backward(from: (logits * weights).sum())
    }
    let size = Array(image.shape.dropFirst(2))
    return try withoutGradients {
      var maps: [String: Tensor] = [:]
      for stage in recorder.stages {
        guard let gradient = try stage.zeros.gradient else { continue }
        let axes = Array(2..<gradient.rank)
        let channels =
          isPlusPlus
          ? try Self.plusPlusWeights(gradient, stage.output, axes)
          : try gradient.mean(axes, keepingAxes: true)
        let map = try (channels * stage.output).sum([1], keepingAxes: true).clipped(0, .infinity)
        maps[stage.name] = try map.interpolated(to: size, .linear).reshaped(size)
      }
      return maps
    }
  }

  /// The channels' weights of Grad-CAM++; where the denominator is 0, so is the gradient.
  private static func plusPlusWeights(
    _ gradient: Tensor, _ activation: Tensor, _ axes: [Int]
  ) throws -> Tensor {
    // Gradients are scaled to a maximum of 1, so that powers of tiny ones do not vanish.
    let largest = try gradient.absolute().max().item()
    guard largest > 0 else { return try gradient.mean(axes, keepingAxes: true) }
    let g = try gradient / largest
    let square = try g * g
    let sum = try (activation * square * g).sum(axes, keepingAxes: true)
    let below = try square * 2 + sum * largest
    let isZero = try below.equals(0)
    let alpha = try square / below.adding(isZero.to(.float32))
    return try (alpha * g.clipped(0, .infinity)).sum(axes, keepingAxes: true) * largest
  }
}
