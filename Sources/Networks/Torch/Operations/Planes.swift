// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

// The same bits as `instanceNorm` and `transposedConvolution` in fewer passes over memory, for
// predictions. Nothing is recorded for gradients.
extension Tensor {
  /// Instance normalisation, then negative values multiplied by a slope.
  ///
  /// Where the image is contiguous float32 in the processor's memory, the result reuses its memory,
  /// and the image must not be used any more.
  public func normalisedPlanes(weight: Tensor, bias: Tensor, epsilon: Double, slope: Double = 1)
    throws -> Tensor
  {
    try library.make { api, error in
      api.normalise_planes(handle, weight.handle, bias.handle, epsilon, slope, error)
    }
  }

  /// The transposed convolution without padding, followed by the channels of another image.
  public func upsampled(_ weight: Tensor, bias: Tensor?, stride: [Int], beside skip: Tensor) throws
    -> Tensor
  {
    try library.make { api, error in
      api.upsampled_beside(
        handle, weight.handle, bias?.handle, stride, stride.count, skip.handle, error)
    }
  }
}
