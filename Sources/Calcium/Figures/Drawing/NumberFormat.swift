// SPDX-License-Identifier: Apache-2.0
import Text

/// How numbers are written in figures and reports: the same everywhere, whatever the locale.
public enum NumberFormat {
  /// What stands for a number that is missing.
  public static let missing = "–"

  /// A number with a fixed count of decimals, a true minus sign, and commas between
  /// thousands from 10,000 on.
  ///
  /// NaN and infinities become a dash. From 10¹² on the shortest exact form is used.
  public static func text(_ value: Double, decimals: Int = 0) -> String {
    guard abs(value) < 1e12 || !value.isFinite else {
      return value < 0 ? "\u{2212}\(-value)" : "\(value)"
    }
    return readable(value, min(max(decimals, 0), 6))
  }

  /// A number with as many decimals as it takes to tell multiples of `step` apart.
  static func text(_ value: Double, step: Double) -> String {
    var decimals = 0
    var unit = abs(step)
    while decimals < 6, unit > 0, unit < 1e9, abs(unit - unit.rounded()) > 1e-6 * unit {
      unit *= 10
      decimals += 1
    }
    return text(value, decimals: decimals)
  }
}
