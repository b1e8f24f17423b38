// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

/// How the losses of the voxels are combined.
public enum Reduction: Int32, Sendable {
  /// Not at all: one loss for each voxel.
  case none = 0
  /// To their mean; for weighted classes, to the weighted mean.
  case mean = 1
  /// To their sum.
  case sum = 2
}

extension Tensor {
  /// The cross-entropy of logits (batch, classes, …) and class numbers (batch, …) of int64.
  ///
  /// Voxels whose target is `ignored` count neither in the sum nor in the mean; if all are ignored
  /// the mean is NaN. Check class numbers before: numbers outside 0..<classes are an error on the
  /// CPU, but on CUDA the process cannot use the GPU any more.
  public func crossEntropy(
    _ target: Tensor, weight: Tensor? = nil, reduction: Reduction = .mean, ignored: Int = -100
  ) throws -> Tensor {
    try library.make { api, error in
      api.cross_entropy(
        handle, target.handle, weight?.handle, reduction.rawValue, ignored, error)
    }
  }

  /// The binary cross-entropy of logits and targets between 0 and 1 of the same shape.
  public func binaryCrossEntropy(_ target: Tensor, reduction: Reduction = .mean) throws -> Tensor {
    try library.make { api, error in
      api.binary_cross_entropy(handle, target.handle, reduction.rawValue, error)
    }
  }
}
