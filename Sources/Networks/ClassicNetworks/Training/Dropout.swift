// SPDX-License-Identifier: Apache-2.0
package import Learning
package import Torch

/// Sets a share of the values to zero and enlarges the others, so that their expectation stays
/// (Srivastava 2014); leaves all as they are where there is no generator, as in predictions.
package struct Dropout {
  private var generator: KeyedGenerator?

  /// A dropout whose masks a generator determines on every device.
  package init(_ generator: KeyedGenerator) { self.generator = generator }

  private init() { generator = nil }

  /// No dropout.
  package static var none: Dropout { Dropout() }

  /// The values with a share of them dropped.
  package mutating func callAsFunction(_ x: Tensor, share: Double) throws -> Tensor {
    guard let seed = generator?.next() else { return x }
    let mask = try Tensor.uniform(x.shape, seed: seed).isGreater(than: share).to(.float32)
    return try x * mask.to(x.device) * (1 / (1 - share))
  }
}
