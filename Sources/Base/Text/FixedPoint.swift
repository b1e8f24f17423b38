// SPDX-License-Identifier: Apache-2.0

/// The digits of a finite number rounded to a fixed number of decimals, ties away from zero.
///
/// How the sign, the thousands and missing numbers are written is up to the caller, because tables
/// for programs (`decimal`) and figures for readers differ in it.
package struct FixedPoint: Equatable, Sendable {
  /// Whether the rounded number is below zero; a number that rounds to zero is not.
  package let isNegative: Bool
  /// The whole part of the absolute value.
  package let whole: Int
  /// The decimals, with zeros at both ends kept; empty where there are none.
  package let fraction: String

  /// Rounds a number; `nil` where all its digits together, read as one number, reach `limit`, and
  /// for NaN.
  package init?(_ value: Double, decimals: Int, limit: Double = 1e18) {
    let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
    let scaled = (abs(value) * scale).rounded()
    guard scaled < Swift.min(limit, 1e18) else { return nil }
    let (digits, unit) = (Int(scaled), Int(scale))
    isNegative = value < 0 && digits > 0
    whole = digits / unit
    fraction = decimals == 0 ? "" : "\(digits % unit)".zeroPadded(to: decimals)
  }

  /// The whole part and the decimals with a point between them, without a sign.
  package var magnitude: String { fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)" }
}

/// A number with a fixed number of decimals, as in "-1.50", without Foundation's slow formatters.
///
/// NaN and infinities become a dash. A number with more than 15 digits is written in Swift's shortest
/// form.
package func decimal(_ value: Double, _ decimals: Int = 1) -> String {
  guard value.isFinite else { return "–" }
  guard let rounded = FixedPoint(value, decimals: decimals, limit: 1e15) else { return "\(value)" }
  return (rounded.isNegative ? "-" : "") + rounded.magnitude
}
