// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The augmentation of one sample, which is drawn first and applied later.
///
/// A transform whose values are absent is not applied.
public struct AugmentationDraw: Sendable, Hashable {
  /// The rotation in radians: one angle in the plane, or one about each of the three axes.
  public var rotation: [Double]?
  /// The scale of all axes that may be rotated; above 1 objects become smaller.
  public var scale: Double?
  /// The standard deviation of additive Gaussian noise, in normalised intensity.
  public var noise: Double?
  /// The seed of the noise.
  public var noiseSeed: UInt64 = 0
  /// The standard deviations of a Gaussian blur along each axis, in voxels, for each channel.
  public var blur: [[Double]?]?
  /// The factor of each channel's intensities.
  public var brightness: [Double]?
  /// The factor of each channel's distances from the mean.
  public var contrast: [Double]?
  /// The share of voxels along each axis that remain in a low resolution, for each channel.
  public var lowResolution: [Double?]?
  /// The exponent of the negated image, for each channel.
  public var invertedGamma: [Double]?
  /// The exponent of the image, for each channel.
  public var gamma: [Double]?
  /// The spatial axes that are mirrored, counted from 0, ascending.
  public var mirroredAxes: [Int] = []

  /// No augmentation.
  public init() {}

  /// Whether voxels are interpolated; otherwise the patch is cut from the middle.
  public var isWarped: Bool { rotation != nil || scale != nil }

  /// The map from voxels of the patch to those of the source, as rows of factors and a shift
  /// (`Tensor.sample(_:along:)`).
  ///
  /// Output o shows input A(o − (size − 1)/2) + (source − 1)/2 with A = R · scale. In the plane R
  /// is ((cos, −sin), (sin, cos)) on (row, column). In space R = Rz(third angle) Ry(second)
  /// Rx(first): Rx rotates axes (1, 2) and Rz axes (0, 1) in that way, Ry axes (0, 2) by ((cos,
  /// sin), (−sin, cos)).
  public func map(from source: [Int], to size: [Int]) -> [[Double]] {
    let n = size.count
    let angles = rotation ?? Array(repeating: 0, count: n == 3 ? 3 : 1)
    precondition(angles.count == (n == 3 ? 3 : 1), "an angle in the plane or about each axis")
    var a = (0..<n).map { i in (0..<n).map { $0 == i ? scale ?? 1 : 0 } }
    /// Multiplies from the left by a rotation in the plane of two axes.
    func rotate(_ i: Int, _ j: Int, by angle: Double) {
      let (c, s) = (cos(angle), sin(angle))
      for k in 0..<n { (a[i][k], a[j][k]) = (c * a[i][k] - s * a[j][k], s * a[i][k] + c * a[j][k]) }
    }
    if n == 3 {
      rotate(1, 2, by: angles[0])
      rotate(0, 2, by: -angles[1])
      rotate(0, 1, by: angles[2])
    } else {
      rotate(0, 1, by: angles[0])
    }
    return (0..<n).map { i in
      let shift = (0..<n).reduce(Double(source[i] - 1) / 2) {
        $0 - a[i][$1] * Double(size[$1] - 1) / 2
      }
      return a[i] + [shift]
    }
  }

  /// The map for a result that is mirrored along `mirroredAxes` afterwards.
  func mirroredMap(from source: [Int], to size: [Int]) -> [[Double]] {
    map(from: source, to: size).map { row in
      var row = row
      for axis in mirroredAxes {
        row[size.count] += row[axis] * Double(size[axis] - 1)
        row[axis] *= -1
      }
      return row
    }
  }
}
