// SPDX-License-Identifier: Apache-2.0
public import Torch

/// Applies drawn augmentations to a batch of 2D patches, as tensor operations on its device.
public enum Augmentation {
  /// Images (B, C, H, W) and labels (B, 1, H, W), int64, after augmentation.
  public struct Result {
    /// The images.
    public let images: Tensor
    /// The labels; what lay outside the scan is background.
    public let labels: Tensor
  }

  /// Rotates, scales, mirrors and crops to `size`, then changes intensities.
  ///
  /// - Parameters:
  ///   - images: (B, C, H₀, W₀) float32.
  ///   - labels: (B, H₀, W₀) int64, −1 outside the scan.
  ///   - labelCount: the labels are below this number.
  ///   - draws: one for each sample.
  ///   - size: rows and columns of the result.
  ///   - noiseSeed: the seed of the noise field.
  public static func apply(
    _ draws: [AugmentationDraw], images: Tensor, labels: Tensor, labelCount: Int,
    size: (rows: Int, columns: Int), noiseSeed: UInt64
  ) throws -> Result {
    let shape = images.shape
    let device = try images.device
    let grid = try Tensor(
      draws.flatMap { $0.theta(from: (shape[2], shape[3]), to: size) },
      shape: [draws.count, 2, 3]
    ).to(device).affineGrid(for: [draws.count, shape[1], size.rows, size.columns])
    var warped = try images.sampled(at: grid)
    warped = try brightness(draws, noise(draws, warped, seed: noiseSeed))
    warped = try contrast(draws, warped)
    warped = try gamma(draws.map(\.invertedGamma), -warped)
    warped = try gamma(draws.map(\.gamma), -warped)
    return Result(
      images: warped, labels: try warp(labels, labelCount: labelCount, at: grid))
  }

  /// The label with the largest linearly interpolated share; outside counts as a label of its own.
  private static func warp(_ labels: Tensor, labelCount: Int, at grid: Tensor) throws -> Tensor {
    // Shares of 0 … labelCount − 1; what is missing to 1 lies outside the scan.
    let shares = try (labels + 1).oneHot(classes: labelCount + 1).permuted([0, 3, 1, 2])
      .narrowed(1, from: 1, length: labelCount).to(.float32).sampled(at: grid)
    let outside = try 1 - shares.sum([1], keepingAxes: true)
    let winner = try Tensor.concatenated([shares, outside], along: 1)
      .argmax(1, keepingAxis: true)
    return try winner.filled(where: winner.equals(Double(labelCount)), with: 0)
  }

  private static func noise(_ draws: [AugmentationDraw], _ x: Tensor, seed: UInt64) throws -> Tensor
  {
    guard draws.contains(where: { $0.noise != nil }) else { return x }
    let sigma = try column(draws.map { [$0.noise ?? 0] }, like: x)
    return try x + Tensor.normal(x.shape, seed: seed).to(x.device) * sigma
  }

  private static func brightness(_ draws: [AugmentationDraw], _ x: Tensor) throws -> Tensor {
    guard draws.contains(where: { $0.brightness != nil }) else { return x }
    return try x * column(filled(draws.map(\.brightness), x), like: x)
  }

  /// Distances from the mean are multiplied; the channel keeps its range.
  private static func contrast(_ draws: [AugmentationDraw], _ x: Tensor) throws -> Tensor {
    guard draws.contains(where: { $0.contrast != nil }) else { return x }
    let mean = try x.mean([2, 3], keepingAxes: true)
    let stretched = try (x - mean) * column(filled(draws.map(\.contrast), x), like: x) + mean
    let result = try stretched.maximum(x.min([2, 3], keepingAxes: true))
      .minimum(x.max([2, 3], keepingAxes: true))
    return try choose(result, where: draws.map(\.contrast), otherwise: x)
  }

  /// ((x − min) / range)^g · range + min, then mean and standard deviation as they were.
  private static func gamma(_ exponents: [[Double]?], _ x: Tensor) throws -> Tensor {
    guard exponents.contains(where: { $0 != nil }) else { return x }
    let low = try x.min([2, 3], keepingAxes: true)
    let range = try x.max([2, 3], keepingAxes: true) - low
    let unit = try (x - low) / range.clipped(1e-7, .infinity)
    // x^g by logarithms: the exponent differs from sample to sample.
    let raised = try (unit.clipped(1e-30, 1).logarithm() * column(filled(exponents, x), like: x))
      .exponential()
    let y = try raised * range + low
    let mean = try x.mean([2, 3], keepingAxes: true)
    let deviation = try x.standardDeviation([2, 3], keepingAxes: true)
    let newDeviation = try y.standardDeviation([2, 3], keepingAxes: true).clipped(1e-7, .infinity)
    let result =
      try (y - y.mean([2, 3], keepingAxes: true)) * (deviation / newDeviation) + mean
    return try choose(result, where: exponents, otherwise: x)
  }

  /// Samples for which a transform did not fire stay bit for bit.
  private static func choose(_ result: Tensor, where values: [[Double]?], otherwise x: Tensor)
    throws -> Tensor
  {
    try column(values.map { [$0 == nil ? 0 : 1] }, like: x).isGreater(than: 0.5)
      .choosing(result, otherwise: x)
  }

  /// One factor per sample and channel, 1 where a transform did not fire.
  private static func filled(_ values: [[Double]?], _ x: Tensor) -> [[Double]] {
    values.map { $0 ?? Array(repeating: 1, count: x.shape[1]) }
  }

  /// Values per sample (and channel) as a tensor that broadcasts over (B, C, H, W).
  private static func column(_ values: [[Double]], like x: Tensor) throws -> Tensor {
    try Tensor(
      values.flatMap { $0.map { Float($0) } },
      shape: [values.count, values.first?.count ?? 1, 1, 1]
    ).to(x.device)
  }
}

extension AugmentationDraw {
  /// The 2 × 3 matrix of `affine_grid`, in normalised (x, y), align_corners false.
  ///
  /// Without rotation and scaling the crop begins at H₀ div 2 − H div 2, as nnU-Net's centre crop.
  func theta(from source: (Int, Int), to size: (rows: Int, columns: Int)) -> [Float] {
    let (h0, w0) = (Double(source.0), Double(source.1))
    let (h, w) = (Double(size.rows), Double(size.columns))
    let a = matrix
    var shift = (x: 0.0, y: 0.0)
    if rotation == nil, scale == nil {
      // Half a pixel where one size is odd and the other even.
      shift.y = 2 * (Double(source.0 / 2 - size.rows / 2) - (h0 - h) / 2) / h0
      shift.x = 2 * (Double(source.1 / 2 - size.columns / 2) - (w0 - w) / 2) / w0
    }
    return [
      a.cc * w / w0, a.cr * h / w0, shift.x,
      a.rc * w / h0, a.rr * h / h0, shift.y,
    ].map { Float($0) }
  }
}
