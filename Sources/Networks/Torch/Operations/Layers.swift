// SPDX-License-Identifier: Apache-2.0
import CTorchAPI
import Text

// Inputs are (batch, channels, spatial axes…) with one to three spatial axes. Lists have one entry
// for each spatial axis, in their order.
extension Tensor {
  /// A convolution with zeros outside.
  ///
  /// The weight is (outputs, inputs, kernel…), the bias (outputs).
  public func convolution(_ weight: Tensor, bias: Tensor?, stride: [Int], padding: [Int]) throws
    -> Tensor
  {
    try convolution(weight, bias, stride, padding, transposed: false)
  }

  /// A convolution whose kernel skips places, at all places where it lies within the image.
  ///
  /// A kernel of k places with dilation d covers (k − 1) · d + 1, so that the image loses (k − 1) · d
  /// places of each axis. The weight is (outputs, inputs, kernel…), the bias (outputs).
  public func dilatedConvolution(_ weight: Tensor, bias: Tensor?, dilation: [Int]) throws -> Tensor
  {
    try library.make { api, error in
      api.dilated_convolution(
        handle, weight.handle, bias?.handle, dilation, dilation.count, error)
    }
  }

  /// The transposed convolution, which enlarges an image by the stride.
  ///
  /// The weight is (inputs, outputs, kernel…), the bias (outputs).
  public func transposedConvolution(
    _ weight: Tensor, bias: Tensor?, stride: [Int], padding: [Int]? = nil
  ) throws -> Tensor {
    try convolution(
      weight, bias, stride, padding ?? stride.map { _ in 0 }, transposed: true)
  }

  private func convolution(
    _ weight: Tensor, _ bias: Tensor?, _ stride: [Int], _ padding: [Int], transposed: Bool
  ) throws -> Tensor {
    try requireOneCount("convolution", stride, padding)
    return try library.make { api, error in
      api.convolution(
        handle, weight.handle, bias?.handle, stride, padding, stride.count, transposed ? 1 : 0,
        error)
    }
  }

  /// Instance normalisation (Ulyanov 2016): each channel of each image gets mean 0 and variance 1,
  /// and is then scaled and shifted.
  ///
  /// The statistics are those of this input, with the biased variance plus `epsilon`.
  public func instanceNorm(weight: Tensor?, bias: Tensor?, epsilon: Double = 1e-5) throws -> Tensor
  {
    try library.make { api, error in
      api.instance_norm(handle, weight?.handle, bias?.handle, epsilon, error)
    }
  }

  /// Group normalisation: groups of channels of each image get mean 0 and variance 1, and are then
  /// scaled and shifted.
  ///
  /// With as many groups as channels this is `instanceNorm`, but keeps the channels last in memory.
  public func groupNorm(groups: Int, weight: Tensor?, bias: Tensor?, epsilon: Double = 1e-5) throws
    -> Tensor
  {
    try library.make { api, error in
      api.group_norm(handle, groups, weight?.handle, bias?.handle, epsilon, error)
    }
  }

  /// The mean under a moving window; padding counts as zeros.
  public func averagePool(kernel: [Int], stride: [Int]? = nil, padding: [Int]? = nil) throws
    -> Tensor
  {
    let (stride, padding) = (stride ?? kernel, padding ?? kernel.map { _ in 0 })
    try requireOneCount("avg_pool", kernel, stride, padding)
    return try library.make { api, error in
      api.avg_pool(handle, kernel, stride, padding, kernel.count, error)
    }
  }

  /// The largest value under a moving window; padding counts as −∞.
  public func maxPool(kernel: [Int], stride: [Int]? = nil, padding: [Int]? = nil) throws -> Tensor {
    let (stride, padding) = (stride ?? kernel, padding ?? kernel.map { _ in 0 })
    try requireOneCount("max_pool", kernel, stride, padding)
    return try library.make { api, error in
      api.max_pool(handle, kernel, stride, padding, kernel.count, error)
    }
  }

  /// Batch normalisation (Ioffe 2015): each channel gets mean 0 and variance 1 over the batch and the
  /// spatial axes, and is then scaled and shifted.
  ///
  /// In training the statistics are those of this input with the biased variance, and the running ones
  /// move towards them in place: new = (1 − momentum) · old + momentum · found, with the unbiased
  /// variance. Otherwise the running ones are used and do not change.
  public func batchNorm(
    weight: Tensor, bias: Tensor, mean: Tensor, variance: Tensor, isTraining: Bool,
    momentum: Double = 0.1, epsilon: Double = 1e-5
  ) throws -> Tensor {
    try library.make { api, error in
      api.batch_norm(
        handle, weight.handle, bias.handle, mean.handle, variance.handle, isTraining ? 1 : 0,
        momentum, epsilon, error)
    }
  }

  /// Zero in place of negative values.
  public func relu() throws -> Tensor {
    try library.make { api, error in api.relu(handle, error) }
  }

  /// eˣ − 1 in place of negative values (Clevert 2016).
  public func elu() throws -> Tensor {
    try library.make { api, error in api.elu(handle, error) }
  }

  /// The softmax along an axis.
  public func softmax(_ axis: Int) throws -> Tensor {
    try library.make { api, error in api.softmax(handle, axis, error) }
  }

  /// Throws unless all lists have the same number of entries.
  private func requireOneCount(_ operation: String, _ lists: [Int]...) throws {
    guard let first = lists.first, lists.allSatisfy({ $0.count == first.count }) else {
      throw TorchError(
        .operation, subject: operation,
        detail:
          "\(crossed(shape)): kernel, stride and padding must have one entry for each spatial axis")
    }
  }
}
