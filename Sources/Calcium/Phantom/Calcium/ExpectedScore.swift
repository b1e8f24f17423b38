// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The Agatston score that a plaque is likely to have in a 3 mm scan, for choosing its size.
///
/// The plaque and the point spread (FWHM 1.15 mm in plane, 3 mm slices) are taken as Gaussians of
/// the same variances; the score is the volume of their product above 130 HU times the weight.
enum ExpectedScore {
  static func agatston(half: SIMD2<Float>, span: Float, attenuation: Float) -> Float {
    let background: Float = -10
    let semi = Point(half.x, half.y, span / 2)
    let psf = Point(0.25, 0.35, 0.45)
    let sigma = (semi * semi / 5 + psf).squareRoot()
    let volume = 4.19 * semi.x * semi.y * semi.z
    let ideal = volume / (15.75 * sigma.x * sigma.y * sigma.z)
    // A wide object reaches its own attenuation and no more.
    let peak = background + (attenuation - background) * ideal / powf(1 + powf(ideal, 3), 1 / 3)
    guard peak > 130 else { return 0 }
    let radius = (2 * logf((peak - background) / (130 - background))).squareRoot()
    let blurred = 4.19 * sigma.x * sigma.y * sigma.z * radius * radius * radius
    // A large plaque is seen whole, with a rim of blur.
    let whole = 1.35 * volume * smoothStep(0.5, 1.6, ideal)
    let seen = powf(powf(blurred, 4) + powf(whole, 4), 0.25)
    let typical = 130 + 0.8 * (peak - 130)
    let weight =
      1 + smoothStep(180, 220, typical) + smoothStep(280, 320, typical)
      + smoothStep(380, 420, typical)
    // Bumps and uneven depth within slices make up the rest, as measured on drawn subjects.
    return 1.25 * seen * weight / 3
  }
}
