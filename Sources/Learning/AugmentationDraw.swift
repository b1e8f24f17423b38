// SPDX-License-Identifier: Apache-2.0
import Foundation
public import NNUNet

/// What the augmentation does to one sample: drawn first, applied to a whole batch later.
///
/// The distributions are nnU-Net's (nnunetv2 2.8.1, default data augmentation). Absent values mean
/// that the transform does not fire. Blur and low resolution are not drawn yet.
public struct AugmentationDraw: Sendable, Hashable {
  /// The in-plane rotation in radians.
  public var rotation: Double?
  /// The in-plane scale; above 1 objects become smaller.
  public var scale: Double?
  /// Whether rows and columns are mirrored.
  public var mirrored: (rows: Bool, columns: Bool) {
    get { (mirrorRows, mirrorColumns) }
    set { (mirrorRows, mirrorColumns) = newValue }
  }
  /// The standard deviation of added Gaussian noise, in normalised intensity.
  public var noise: Double?
  /// A factor for each channel.
  public var brightness: [Double]?
  /// A factor on the distance from the mean, for each channel.
  public var contrast: [Double]?
  /// The exponent on the negated image, for each channel.
  public var invertedGamma: [Double]?
  /// The exponent on the image, for each channel.
  public var gamma: [Double]?

  private var mirrorRows = false
  private var mirrorColumns = false

  /// A sample that stays as it is.
  public init() {}

  /// The source of an output pixel: the matrix of (row, column) offsets from the centre.
  ///
  /// Output o shows input A(o − centre) + centre with A = R · scale; R turns (row, column) by
  /// ((cos, −sin), (sin, cos)). Mirroring negates the output's offsets.
  public var matrix: (rr: Double, rc: Double, cr: Double, cc: Double) {
    let angle = rotation ?? 0
    let s = scale ?? 1
    let row = mirrorRows ? -1.0 : 1.0
    let column = mirrorColumns ? -1.0 : 1.0
    let (sine, cosine) = (sin(angle), cos(angle))
    return (cosine * s * row, -sine * s * column, sine * s * row, cosine * s * column)
  }
}

/// The probabilities and ranges of nnU-Net's default augmentation for 2D patches.
public struct AugmentationSettings: Sendable, Hashable {
  /// The largest rotation in radians, both ways.
  public var rotation: Double
  /// Whether mirroring along rows and columns is allowed.
  public var mirrors: Bool

  /// The settings that belong to a patch.
  public init(_ geometry: AugmentationGeometry) {
    rotation = geometry.rotationDegrees * .pi / 180
    mirrors = !geometry.mirrorAxes.isEmpty
  }

  /// Draws what happens to one sample with a number of channels.
  public func draw(channels: Int, using rng: inout some RandomNumberGenerator) -> AugmentationDraw {
    var draw = AugmentationDraw()
    func fires(_ probability: Double, _ rng: inout some RandomNumberGenerator) -> Bool {
      Double.random(in: 0..<1, using: &rng) < probability
    }
    // With probability one half from below 1, otherwise from above.
    func factors(
      _ low: Double, _ high: Double, _ rng: inout some RandomNumberGenerator
    ) -> [Double] {
      (0..<channels).map { _ in
        Bool.random(using: &rng)
          ? Double.random(in: low...1, using: &rng) : Double.random(in: 1...high, using: &rng)
      }
    }
    if fires(0.2, &rng) { draw.rotation = Double.random(in: -rotation...rotation, using: &rng) }
    if fires(0.2, &rng) { draw.scale = Double.random(in: 0.7...1.4, using: &rng) }
    if fires(0.1, &rng) { draw.noise = Double.random(in: 0...0.1, using: &rng) }
    if fires(0.15, &rng) { draw.brightness = factors(0.75, 1.25, &rng) }
    if fires(0.15, &rng) { draw.contrast = factors(0.75, 1.25, &rng) }
    if fires(0.1, &rng) { draw.invertedGamma = factors(0.7, 1.5, &rng) }
    if fires(0.3, &rng) { draw.gamma = factors(0.7, 1.5, &rng) }
    if mirrors { draw.mirrored = (Bool.random(using: &rng), Bool.random(using: &rng)) }
    return draw
  }
}
