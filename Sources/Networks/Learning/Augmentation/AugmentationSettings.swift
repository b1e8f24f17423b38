// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The probabilities and ranges of nnU-Net's default augmentation (nnunetv2 2.8.1).
///
/// Each transform is applied independently with its probability, and draws its numbers for each
/// channel. Blur and low resolution skip each channel with probability one half. All axes have the
/// same scale, and noise has the same standard deviation in all channels.
public struct AugmentationSettings: Sendable, Hashable {
  /// The number of spatial axes of a patch, 2 or 3.
  public var dimensions: Int
  /// The largest rotation in radians, in both directions.
  public var rotation: Double
  /// Whether a 3D patch is rotated and scaled within its slices only (nnU-Net's dummy 2D).
  public var rotatesInPlane: Bool
  /// The axes along which patches may be mirrored.
  public var mirrorAxes: [Int]
  /// The axis between left and right where the two must not be exchanged; `nil` where they may be.
  public var sideAxis: Int?

  /// The size that is read before rotation and scaling, so that rotated patches are covered.
  public let initialPatchSize: [Int]

  /// nnU-Net's settings for a network's patch of two or three axes.
  ///
  /// - Parameter patchSize: the spatial extents of the network's input.
  public init(patchSize: [Int]) {
    dimensions = patchSize.count
    mirrorAxes = Array(patchSize.indices)
    let size = patchSize.map(Double.init)
    let longest = size.max() ?? 1
    let degrees: Double
    if patchSize.count == 2 {
      rotatesInPlane = false
      degrees = longest / (size.min() ?? 1) > 1.5 ? 15 : 180
    } else {
      rotatesInPlane = longest / size[0] > 3
      degrees = rotatesInPlane ? 180 : 30
    }
    rotation = degrees * .pi / 180
    let angle = min(90, degrees) * Double.pi / 180
    let (c, s) = (cos(angle), sin(angle))
    var reach = size
    /// Widens the reach by the vector rotated in the plane of two axes.
    func rotate(_ a: Int, _ b: Int, _ sign: Double) {
      reach[a] = max(reach[a], abs(size[a] * c + sign * size[b] * s))
      reach[b] = max(reach[b], abs(-sign * size[a] * s + size[b] * c))
    }
    if patchSize.count == 2 {
      rotate(0, 1, 1)
    } else {
      rotate(1, 2, 1)
      rotate(0, 2, -1)
      rotate(0, 1, 1)
    }
    // nnU-Net divides by 0.85 although scaling goes down to 0.7.
    var initial = reach.map { Int($0 / 0.85) }
    if rotatesInPlane { initial[0] = patchSize[0] }
    initialPatchSize = initial
  }

  /// Draws the augmentation of one sample with a number of channels.
  public func draw(channels: Int, using rng: inout some RandomNumberGenerator) -> AugmentationDraw {
    var draw = AugmentationDraw()
    func isApplied(_ probability: Double, _ rng: inout some RandomNumberGenerator) -> Bool {
      Double.random(in: 0..<1, using: &rng) < probability
    }
    // With probability one half below 1, otherwise above.
    func factors(
      _ low: Double, _ high: Double, _ rng: inout some RandomNumberGenerator
    ) -> [Double] {
      (0..<channels).map { _ in
        Bool.random(using: &rng)
          ? Double.random(in: low...1, using: &rng) : Double.random(in: 1...high, using: &rng)
      }
    }
    if isApplied(0.2, &rng) {
      draw.rotation = (0..<(dimensions == 3 && !rotatesInPlane ? 3 : 1)).map { _ in
        Double.random(in: -rotation...rotation, using: &rng)
      }
    }
    if isApplied(0.2, &rng) { draw.scale = Double.random(in: 0.7...1.4, using: &rng) }
    if isApplied(0.1, &rng) {
      draw.noise = Double.random(in: 0...0.1, using: &rng)
      draw.noiseSeed = rng.next()
    }
    if isApplied(0.2, &rng) {
      draw.blur = (0..<channels).map { _ in
        guard Bool.random(using: &rng) else { return nil }
        return (0..<dimensions).map { _ in Double.random(in: 0.5...1, using: &rng) }
      }
    }
    if isApplied(0.15, &rng) { draw.brightness = factors(0.75, 1.25, &rng) }
    if isApplied(0.15, &rng) { draw.contrast = factors(0.75, 1.25, &rng) }
    if isApplied(0.25, &rng) {
      draw.lowResolution = (0..<channels).map { _ in
        Bool.random(using: &rng) ? Double.random(in: 0.5...1, using: &rng) : nil
      }
    }
    if isApplied(0.1, &rng) { draw.invertedGamma = factors(0.7, 1.5, &rng) }
    if isApplied(0.3, &rng) { draw.gamma = factors(0.7, 1.5, &rng) }
    draw.mirroredAxes = mirrorAxes.filter { _ in Bool.random(using: &rng) }
    if let sideAxis { keepSides(of: sideAxis, in: &draw) }
    return draw
  }

  /// Removes mirroring that would exchange the sides of the patient.
  ///
  /// That is mirroring along the axis itself, and mirroring in the plane of a rotation by more than
  /// 90°: mirrored rows that are rotated by 180° are mirrored columns.
  private func keepSides(of sideAxis: Int, in draw: inout AugmentationDraw) {
    draw.mirroredAxes.removeAll { $0 == sideAxis }
    let plane = dimensions == 2 ? 0...1 : 1...2
    guard dimensions == 2 || rotatesInPlane, plane.contains(sideAxis),
      let angle = draw.rotation?.first, abs(angle) > .pi / 2
    else { return }
    draw.mirroredAxes.removeAll(where: plane.contains)
  }
}
