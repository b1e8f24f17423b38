// SPDX-License-Identifier: Apache-2.0

/// A number for a reader: a fixed number of decimals, a true minus sign, and commas between thousands
/// from 10,000 on.
///
/// Terminals, figures and reports all write numbers like this; files for programs use `decimal`. NaN
/// and infinities become a dash. A number with more than 18 digits is written in Swift's shortest form.
package func readable(_ value: Double, _ decimals: Int = 1) -> String {
  guard value.isFinite else { return "–" }
  let sign = "\u{2212}"
  guard let rounded = FixedPoint(value, decimals: decimals) else {
    return value < 0 ? "\(sign)\(-value)" : "\(value)"
  }
  return (rounded.isNegative ? sign : "") + grouped(rounded.whole)
    + (rounded.fraction.isEmpty ? "" : ".\(rounded.fraction)")
}

/// A whole number for a reader: a true minus sign, and commas between thousands from 10,000 on.
package func readable(_ value: Int) -> String {
  (value < 0 ? "\u{2212}" : "") + grouped(value.magnitude)
}

/// The digits with commas between thousands, from 10,000 on.
private func grouped(_ value: some BinaryInteger) -> String {
  let digits = Array(String(value))
  guard digits.count > 4 else { return String(digits) }
  var text = ""
  for (i, digit) in digits.enumerated() {
    if i > 0, (digits.count - i) % 3 == 0 { text.append(",") }
    text.append(digit)
  }
  return text
}

/// Sizes along the axes of an array for a sentence: "64 × 128 × 128"; "none" for no axes.
package func crossed(_ sizes: [Int]) -> String {
  sizes.isEmpty ? "none" : sizes.map(String.init).joined(separator: " × ")
}

/// Lengths along the axes of an array for a sentence, to four decimals at most: "0.8 × 0.8 × 2.5".
package func crossed(_ lengths: [Double]) -> String {
  lengths.map { shortDecimal($0, decimals: 4) }.joined(separator: " × ")
}

/// Lengths along x, y and z for a sentence, to four decimals at most: "0.8 × 0.8 × 2.5".
package func crossed(_ lengths: SIMD3<Double>) -> String {
  crossed([lengths.x, lengths.y, lengths.z])
}

/// Whole numbers for a sentence: "0, 2, 3"; "none" without any.
package func listed(_ values: [Int]) -> String {
  values.isEmpty ? "none" : values.map(String.init).joined(separator: ", ")
}
