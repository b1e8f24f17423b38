// SPDX-License-Identifier: Apache-2.0
public import Torch

/// Keeps small gradients of half-precision passes from vanishing, as PyTorch's GradScaler does.
///
/// The loss is multiplied by `scale` before `backward`, the gradients divided by it after. A step
/// whose gradients overflow is left out and halves the scale; 2000 good steps double it.
public struct GradientScaler: Sendable, Hashable, Codable {
  /// The present factor.
  public private(set) var scale: Double
  /// The good steps since the factor changed.
  public private(set) var goodSteps: Int
  /// How many good steps double the factor.
  public let growthInterval: Int

  /// A scaler with PyTorch's values.
  public init(scale: Double = 65536, goodSteps: Int = 0, growthInterval: Int = 2000) {
    self.scale = scale
    self.goodSteps = goodSteps
    self.growthInterval = growthInterval
  }

  /// The loss to call `backward` on.
  public func scaled(_ loss: Tensor) throws -> Tensor { try loss * scale }

  /// Divides the gradients by the factor, adapts it, and says whether the step may be taken.
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
