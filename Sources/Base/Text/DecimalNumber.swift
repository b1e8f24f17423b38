// SPDX-License-Identifier: Apache-2.0

extension Double {
  /// The finite number that a text of a table spells in decimal digits, as in "12", "-0.5" or "1e3".
  ///
  /// `nil` for anything else, also for what Swift would accept: hexadecimal numbers, "nan" and
  /// "infinity". A decimal comma is refused, so that "1,5" is never read as another number.
  package init?(decimal text: String) {
    let isDecimal = text.utf8.allSatisfy {
      (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || "+-.eE".utf8.contains($0)
    }
    guard isDecimal, let value = Double(text), value.isFinite else { return nil }
    self = value
  }
}
