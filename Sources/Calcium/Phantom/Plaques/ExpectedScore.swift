// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The Agatston score that a plaque is likely to have in a 3 mm scan, for choosing its size.
///
/// The plaque, an ellipsoid, and the point spread are taken as Gaussians of the same variances; the
/// score is the volume above 130 HU of their convolution, times the density weight.
enum ExpectedScore {
  /// The score of a plaque with the half widths `half` across the vessel and the length `span` along
  /// it, in mm, of an attenuation in HU, in fat of −10 HU.
  static func agatston(half: SIMD2<Float>, span: Float, attenuation: Float) -> Float {
    let background: Float = -10
    let semi = Point(half.x, half.y, span / 2)
    // Variances of the point spread in mm²: (1.15 mm / 2.355)² = 0.24 in the plane, 3² / 12 = 0.75
    // through a slice of 3 mm. Vessels run in all directions, so the axes have values in between.
    let psf = Point(0.25, 0.35, 0.45)
    // A solid ellipsoid has the variance a² / 5 along a semi-axis a.
    let sigma = (semi * semi / 5 + psf).squareRoot()
    // 4.19 is 4π/3; 15.75 is (2π)^(3/2), so that `ideal` is the height of a Gaussian that holds as
    // much as the plaque, in parts of the plaque's own contrast.
    let volume = 4.19 * semi.x * semi.y * semi.z
    let ideal = volume / (15.75 * sigma.x * sigma.y * sigma.z)
    // A wide object reaches its own attenuation and no more.
    let peak = background + (attenuation - background) * ideal / powf(1 + powf(ideal, 3), 1 / 3)
    guard peak > 130 else { return 0 }
    let radius = (2 * logf((peak - background) / (130 - background))).squareRoot()
    let blurred = 4.19 * sigma.x * sigma.y * sigma.z * radius * radius * radius
    // A large plaque is seen whole, with a rim of blur: spheres of 560 HU (the usual attenuation of
    // `PlaqueBurden`) and radii of 2 to 4 mm, blurred by 0.35 mm², have 1.26 to 1.40 times their
    // volume above 130 HU.
    let whole = 1.35 * volume * smoothStep(0.5, 1.6, ideal)
    let seen = powf(powf(blurred, 4) + powf(whole, 4), 0.25)
    // Each slice has the weight of its own peak, which lies below the plaque's.
    let typical = 130 + 0.8 * (peak - 130)
    let weight =
      1 + smoothStep(180, 220, typical) + smoothStep(280, 320, typical)
      + smoothStep(380, 420, typical)
    // Bumps and uneven depth within slices make up the rest, as measured on drawn subjects.
    return 1.25 * seen * weight / 3
  }
}
