// SPDX-License-Identifier: Apache-2.0
public import Torch

/// Looks into a network while it computes, for explanations; training and inference use none.
///
/// A probe is told the output of every stage and computes every activation, so that it can keep
/// activations and change how gradients pass.
public protocol NetworkProbe: AnyObject {
  /// Told the output (batch, channels, spatial axes…) of a stage; what it returns goes on instead.
  ///
  /// The name is PyTorch's: `encoder.stages.N`, N from the finest grid, and `decoder.stages.N`, N
  /// from the coarsest.
  func stage(_ name: String, _ output: Tensor) throws -> Tensor

  /// The leaky rectification of a normalised image: x, or slope · x below 0.
  ///
  /// Activations come in the order in which the network computes them.
  func activation(_ x: Tensor, slope: Double) throws -> Tensor
}

/// A network that a probe can look into.
public protocol ProbedNetwork: SegmentationNetwork {
  /// The names of the stages that a probe is told, in order of computation.
  var stageNames: [String] { get }

  /// The logits (batch, classes, spatial axes…) of the finest grid, computed under a probe.
  ///
  /// They are those of a call without a probe, but for rounding, if the probe returns what it was
  /// given.
  func logits(_ image: Tensor, probe: any NetworkProbe) throws -> Tensor
}
