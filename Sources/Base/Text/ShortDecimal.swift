// SPDX-License-Identifier: Apache-2.0

/// A number in its shortest form, whole ones without a decimal point: "3", "2.5".
///
/// - Parameters:
///   - value: the number.
///   - decimals: the number of decimals that it is rounded to first; `nil` keeps all.
///   - limit: from this absolute value on a whole number keeps Swift's form, "1e+16" or
///     "2000000.0".
package func shortDecimal(
  _ value: Double, decimals: Int? = nil, wholeBelow limit: Double = 1e9
) -> String {
  var value = value
  if let decimals {
    let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
    value = (value * scale).rounded() / scale
  }
  return value == value.rounded() && abs(value) < limit ? "\(Int(value))" : "\(value)"
}
