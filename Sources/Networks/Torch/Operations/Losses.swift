// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

/// How the losses of the voxels become one number.
public enum Reduction: Int32, Sendable {
  /// They do not.
  case none = 0
  /// By their mean; for weighted classes, the weighted one.
  case mean = 1
  /// By their sum.
  case sum = 2
}

extension Tensor {
  /// The cross-entropy of logits (batch, classes, …) and class numbers (batch, …) of int64.
  ///
  /// Voxels whose target is `ignored` count neither in the sum nor in the mean; if all are ignored
  /// the mean is NaN. Class numbers outside 0..<classes are an error on the CPU, and end the
  /// process's use of the GPU on CUDA: check them before.
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
