// SPDX-License-Identifier: Apache-2.0
import CTorchAPI
import Text

/// A convolution or transposed convolution whose weight is packed in the processor's own order.
///
/// It serves inference alone; nothing is recorded for gradients. Images keep their channels last,
/// so that the next layer takes a result as it is. The numbers are those of `convolution` but for
/// the order of sums. It saves the time that oneDNN spends on reordering images and weights.
public struct PackedConvolution {
  private let weight: Tensor
  private let bias: Tensor?
  private let stride: [Int]
  private let padding: [Int]
  private let isTransposed: Bool

  /// Whether this libtorch packs weights and this processor multiplies numbers of a type.
  ///
  /// bfloat16 is supported only where the processor itself multiplies it (AVX-512 BF16).
  public static func isSupported(_ dtype: DType = .float32) throws -> Bool {
    try Library.shared().table.pointee.packs_convolutions(dtype.code) != 0
  }

  /// Packs a weight, which also determines the type of numbers that are multiplied.
  ///
  /// - Parameters:
  ///   - weight: (outputs, inputs, kernel…), or (inputs, outputs, kernel…) where transposed.
  ///   - bias: a number for each output channel, or none.
  ///   - stride: the stride along each spatial axis.
  ///   - padding: the padding along each spatial axis; half of the kernel by default.
  ///   - isTransposed: whether it is a transposed convolution.
  ///   - shape: (batch, channels, spatial axes…) of the images to pack for; images of other
  ///     shapes are computed too, but more slowly.
  public init(
    _ weight: Tensor, bias: Tensor? = nil, stride: [Int], padding: [Int]? = nil,
    isTransposed: Bool = false, shape: [Int]
  ) throws {
    let padding = padding ?? stride.map { _ in 0 }
    guard stride.count == padding.count, shape.count == stride.count + 2 else {
      throw TorchError(
        .operation, subject: "pack_convolution",
        detail: "\(crossed(shape)): stride and padding must have one entry for each spatial axis")
    }
    self.weight = try weight.library.make { api, error in
      api.pack_convolution(
        weight.handle, shape, stride, padding, stride.count, isTransposed ? 1 : 0, error)
    }
    self.bias = bias
    self.stride = stride
    self.padding = padding
    self.isTransposed = isTransposed
  }

  /// The convolution of an image, with its channels last.
  public func callAsFunction(_ x: Tensor) throws -> Tensor {
    try x.library.make { api, error in
      api.packed_convolution(
        x.handle, weight.handle, bias?.handle, stride, padding, stride.count,
        isTransposed ? 1 : 0, error)
    }
  }

  /// Adds the convolution of an image to an earlier result, without the bias.
  ///
  /// Two of them, each with its part of a weight, give the convolution of two concatenated images,
  /// which then need not be copied together.
  public func add(_ x: Tensor, onto y: Tensor) throws {
    try x.library.call { api, error in
      api.packed_convolution_onto(
        y.handle, x.handle, weight.handle, stride, padding, stride.count, error)
    }
  }
}

// Both operations read the image twice: once for its moments, once to change it. Images lie in the
// processor's memory with their channels last.
extension Tensor {
  /// Instance normalisation, `other` added, and negative values multiplied by a slope, in place.
  public func normaliseInPlace(
    weight: Tensor, bias: Tensor, epsilon: Double, slope: Double = 1, adding other: Tensor? = nil
  ) throws {
    try library.call { api, error in
      api.normalise_in_place(
        handle, weight.handle, bias.handle, epsilon, slope, other?.handle, error)
    }
  }

  /// The logits, float32 and contiguous, of a head (classes, channels) behind normalisation and
  /// leaky ReLU.
  ///
  /// The normalised image itself is never written to memory.
  public func normalisedIntoLogits(
    weight: Tensor, bias: Tensor, epsilon: Double, slope: Double, head: Tensor, headBias: Tensor
  ) throws -> Tensor {
    try library.make { api, error in
      api.normalise_into_logits(
        handle, weight.handle, bias.handle, epsilon, slope, head.handle, headBias.handle, error)
    }
  }
}

/// Runs a body whose tensors on the processor take their memory from a pool that lasts until the
/// body ends.
///
/// A network that runs repeatedly thus reuses the memory of its activations. Bodies may be nested,
/// and tensors may outlive them.
public func withMemoryPool<Result>(_ body: () throws -> Result) throws -> Result {
  let library = try Library.shared()
  try library.call { api, error in api.pool_begin(error) }
  defer { library.table.pointee.pool_end() }
  return try body()
}

extension TorchRuntime {
  /// The largest number of bytes that tensors of the running body of `withMemoryPool` held at once;
  /// 0 outside of a body.
  ///
  /// Tests hold the memory of a prediction to it.
  public static func poolPeak() throws -> Int { try Library.shared().table.pointee.pool_peak() }
}
