// SPDX-License-Identifier: Apache-2.0
import Foundation
import Torch

/// The augmentation of one sample's intensities, in nnU-Net's order.
struct IntensityAugmentation {
  let draw: AugmentationDraw
  /// Whether a low resolution keeps the number of slices.
  let rotatesInPlane: Bool

  /// Changes an image (channels, spatial…) in place, which is mirrored already.
  ///
  /// nnU-Net mirrors last. The order matters only for the low resolution, whose nearest neighbours
  /// are not symmetric; it is told the mirrored axes.
  func apply(to image: Tensor) throws {
    if let deviation = draw.noise {
      try image.addNoiseInPlace(deviation: deviation, seed: draw.noiseSeed)
    }
    for channel in 0..<image.shape[0] {
      let x = try image.selected(0, channel)
      for (axis, sigma) in (draw.blur?[channel] ?? []).enumerated() {
        try x.filterInPlace(axis, with: Self.kernel(sigma))
      }
      if let factor = draw.brightness?[channel] { try x.multiplyInPlace(factor) }
      if let factor = draw.contrast?[channel] { try x.contrastInPlace(factor) }
      if let share = draw.lowResolution?[channel] {
        try x.simulateLowResolutionInPlace(
          extents: Self.lowResolutionExtents(x.shape, share, rotatesInPlane: rotatesInPlane),
          mirrored: draw.mirroredAxes)
      }
      if let exponent = draw.invertedGamma?[channel] {
        try x.gammaInPlace(exponent, inverted: true)
      }
      if let exponent = draw.gamma?[channel] { try x.gammaInPlace(exponent) }
    }
  }

  /// The Gaussian kernel exp(−k² / 2σ²) from the middle outwards, with the sum 1.
  ///
  /// The length of the whole kernel is the odd number nearest to 6σ + 1/2: 5 from 4 on, 7 from 6
  /// on.
  static func kernel(_ sigma: Double) -> [Double] {
    let reach = max(1, Int((6 * sigma + 0.5) / 2))
    let weights = (0...reach).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let sum = weights[0] + 2 * weights.dropFirst().reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// The extents of a low resolution.
  static func lowResolutionExtents(_ size: [Int], _ share: Double, rotatesInPlane: Bool) -> [Int] {
    // nnU-Net keeps the share in single precision and rounds halves to even.
    let factor = Double(Float(share))
    return size.enumerated().map { axis, extent in
      rotatesInPlane && axis == 0
        ? extent : max(1, Int((Double(extent) * factor).rounded(.toNearestOrEven)))
    }
  }
}
