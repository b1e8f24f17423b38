// SPDX-License-Identifier: Apache-2.0
public import Torch

/// Keeps small gradients of half-precision passes from becoming 0, as PyTorch's GradScaler does.
///
/// The loss is multiplied by `scale` before `backward`, and the gradients are divided by it
/// afterwards. A step whose gradients overflow is skipped and halves the scale; 2000 good steps
/// double it.
public struct GradientScaler: Sendable, Hashable, Codable {
  /// The present factor.
  public private(set) var scale: Double
  /// The number of good steps since the factor changed.
  public private(set) var goodSteps: Int
  /// The number of good steps after which the factor is doubled.
  public let growthInterval: Int

  /// A scaler with PyTorch's values.
  public init(scale: Double = 65536, goodSteps: Int = 0, growthInterval: Int = 2000) {
    self.scale = scale
    self.goodSteps = goodSteps
    self.growthInterval = growthInterval
  }

  /// The loss to call `backward` on.
  public func scaled(_ loss: Tensor) throws -> Tensor { try loss * scale }

  /// Divides the gradients by the factor and adapts it; returns whether the step may be taken.
  public mutating func unscale(_ parameters: [Tensor]) throws -> Bool {
    let finite = try Tensor.scaleGradients(parameters.filter(\.hasGradient), by: 1 / scale)
    if finite {
      goodSteps += 1
      if goodSteps == growthInterval {
        scale *= 2
        goodSteps = 0
      }
    } else {
      scale /= 2
      goodSteps = 0
    }
    return finite
  }
}
