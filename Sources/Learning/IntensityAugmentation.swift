// SPDX-License-Identifier: Apache-2.0
import Foundation
import Torch

/// The changes of one sample's intensities, in nnU-Net's order.
struct Intensities {
  let draw: AugmentationDraw
  /// Whether a low resolution keeps the number of slices.
  let inPlane: Bool

  /// Changes an image (channels, spatial…), which is copied before if it is shared.
  func apply(to image: inout Tensor, isShared: Bool) throws {
    guard fires else { return }
    image = try isShared ? image.clone() : image
    if let deviation = draw.noise {
      let noise = try Tensor.normal(image.shape, seed: draw.noiseSeed).to(image.device)
      try image.addInPlace(noise, scaledBy: deviation)
    }
    for channel in 0..<image.shape[0] {
      let x = try image.selected(0, channel)
      if let sigmas = draw.blur?[channel] { try x.copy(from: Self.blurred(x, sigmas)) }
      if let factor = draw.brightness?[channel] { try x.multiplyInPlace(factor) }
      if let factor = draw.contrast?[channel] { try Self.contrast(x, factor) }
      if let share = draw.lowResolution?[channel] {
        try x.copy(from: Self.coarse(x, share, inPlane: inPlane))
      }
      if let exponent = draw.invertedGamma?[channel] {
        try x.multiplyInPlace(-1)
        try Self.gamma(x, exponent)
        try x.multiplyInPlace(-1)
      }
      if let exponent = draw.gamma?[channel] { try Self.gamma(x, exponent) }
    }
  }

  private var fires: Bool {
    draw.noise != nil || draw.brightness != nil || draw.contrast != nil
      || draw.invertedGamma != nil || draw.gamma != nil
      || draw.blur?.contains { $0 != nil } == true
      || draw.lowResolution?.contains { $0 != nil } == true
  }

  /// A Gaussian blur along each axis, the edge mirrored.
  static func blurred(_ x: Tensor, _ sigmas: [Double]) throws -> Tensor {
    var result = x
    for (axis, sigma) in sigmas.enumerated() {
      result = try result.filtered(axis, with: kernel(sigma))
    }
    return result
  }

  /// exp(−k² / 2σ²) from the middle outwards, brought to the sum 1.
  ///
  /// The kernel's length is the odd number nearest to 6σ + 1/2, from 4 on 5 and from 6 on 7.
  static func kernel(_ sigma: Double) -> [Double] {
    let reach = max(1, Int((6 * sigma + 0.5) / 2))
    let weights = (0...reach).map { exp(-Double($0 * $0) / (2 * sigma * sigma)) }
    let sum = weights[0] + 2 * weights.dropFirst().reduce(0, +)
    return weights.map { $0 / sum }
  }

  /// Multiplies distances from the mean; the channel keeps its range.
  static func contrast(_ x: Tensor, _ factor: Double) throws {
    let (mean, low, high) = (try x.mean(), try x.min(), try x.max())
    let y = try (x * factor).adding(mean, scaledBy: 1 - factor)
    try x.copy(from: y.maximum(low).minimum(high))
  }

  /// Fewer voxels by the nearest one, then as many as before, linearly.
  static func coarse(_ x: Tensor, _ share: Double, inPlane: Bool) throws -> Tensor {
    let size = x.shape
    // nnU-Net keeps the share in single precision and rounds halves to even.
    let factor = Double(Float(share))
    // With all slices kept they are channels of one plane, which libtorch interpolates faster.
    let axes = inPlane ? size[1...] : size[...]
    let few = axes.map { max(1, Int((Double($0) * factor).rounded(.toNearestOrEven))) }
    let planes = try x.reshaped([1, inPlane ? size[0] : 1] + axes)
    return try planes.interpolated(to: few, .nearestExact)
      .interpolated(to: Array(axes), .linear).reshaped(size)
  }

  /// ((x − min) / range)^g · range + min, then mean and standard deviation as they were.
  static func gamma(_ x: Tensor, _ exponent: Double) throws {
    let degrees = (Double(x.count) - 1).squareRoot()
    let mean = try x.mean()
    try x.addInPlace(mean, scaledBy: -1)
    let deviation = try x.norm() / degrees
    let low = try x.min()
    let range = try x.max() - low
    try x.addInPlace(low, scaledBy: -1)
    try x.divideInPlace(range.clipped(1e-7, .infinity))
    let y = try x.power(exponent)
    try y.addInPlace(y.mean(), scaledBy: -1)
    // The minimum cancels out, and the range but for the guard against a deviation of zero.
    let newDeviation = try (y.norm() * range / degrees).clipped(1e-7, .infinity)
    try y.multiplyInPlace(range * deviation / newDeviation)
    try y.addInPlace(mean)
    try x.copy(from: y)
  }
}
