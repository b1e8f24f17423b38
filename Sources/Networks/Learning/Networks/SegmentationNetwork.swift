// SPDX-License-Identifier: Apache-2.0
public import Torch

/// A network that computes a logit of each class for each voxel of an image.
public protocol SegmentationNetwork: AnyObject {
  /// The architecture of the network.
  var architecture: UNetArchitecture { get }

  /// The parameters in PyTorch's order, which is also that of optimiser states.
  var parameters: [NamedParameter] { get }

  /// The logits at every grid of the decoder, finest first; only the finest unless `all`.
  func logits(_ image: Tensor, all: Bool) throws -> [Tensor]
}

extension SegmentationNetwork {
  /// The logits (batch, classes, spatial axes…) of an image (batch, channels, spatial axes…).
  public func callAsFunction(_ image: Tensor) throws -> Tensor {
    let outputs = try logits(image, all: false)
    guard let finest = outputs.first else {
      throw LearningError(.architecture, subject: "network", detail: "it has no output")
    }
    return finest
  }

  /// The logits at every grid, finest first, for deep supervision.
  public func deepSupervision(_ image: Tensor) throws -> [Tensor] {
    try logits(image, all: true)
  }

  /// The parameters without their names.
  public var tensors: [Tensor] { parameters.map(\.tensor) }

  /// The number of trainable numbers.
  public var parameterCount: Int { tensors.reduce(0) { $0 + $1.count } }
}
