// SPDX-License-Identifier: Apache-2.0

/// How the numbers of a table are spelled: with a decimal point or comma, with or without thousands
/// separators.
///
/// "1,234" may be 1.234 or 1234. What it is follows from the other numbers of the table, or is left
/// open.
///
/// ```swift
/// let notation = NumberNotation(of: ["12,5", "1,234"], allowsComma: true, assumesPoint: false)
/// notation.read("1,234")  // .number(1.234)
/// ```
package struct NumberNotation: Sendable {
  /// What a text says.
  package enum Reading: Hashable, Sendable {
    /// A number.
    case number(Double)
    /// One of two numbers: with decimals, or a whole one with a thousands separator.
    case ambiguous(Double, Double)
    /// No number.
    case none
  }

  private let allowsComma: Bool
  private let assumesPoint: Bool
  private var hasPoint = false
  private var hasComma = false

  /// The notation of the texts of a table.
  ///
  /// - Parameters:
  ///   - texts: the texts of the table.
  ///   - allowsComma: Whether decimal commas are read.
  ///   - assumesPoint: Whether "1.234" has decimals unless another number speaks against it.
  package init(of texts: some Sequence<String>, allowsComma: Bool, assumesPoint: Bool) {
    self.allowsComma = allowsComma
    self.assumesPoint = assumesPoint
    for text in texts {
      guard let parts = Parts(text), !parts.isDoubtful else { continue }
      if parts.decimal == "." || parts.group == "," { hasPoint = true }
      if parts.decimal == "," || parts.group == "." { hasComma = true }
    }
  }

  /// The number that a text says.
  package func read(_ text: String) -> Reading {
    guard let parts = Parts(text) else {
      return Double(decimal: text).map { .number($0) } ?? .none
    }
    guard parts.isDoubtful else {
      if parts.decimal == ",", !allowsComma { return .none }
      return .number(parts.value)
    }
    let isDecimal =
      parts.decimal == "."
      ? !hasComma && (hasPoint || assumesPoint) : allowsComma && hasComma && !hasPoint
    return isDecimal ? .number(parts.value) : .ambiguous(parts.value, parts.whole)
  }
}

/// The digits of a number and what stands between them.
private struct Parts {
  /// The decimal separator, where there is one.
  var decimal: Character?
  /// The thousands separator, where there is one.
  var group: Character?
  /// Whether the decimal separator may be a thousands separator.
  var isDoubtful = false
  /// The number.
  var value: Double
  /// The number without any separator.
  var whole: Double

  /// `nil` for what is not digits in groups.
  init?(_ text: String) {
    let sign = text.first == "-" || text.first == "+" ? String(text.prefix(1)) : ""
    let body = text.dropFirst(sign.count)
    let mantissa = body.prefix { $0 != "e" && $0 != "E" }
    let exponent = body[mantissa.endIndex...]
    let isDigit = { (character: Character) in character.isASCII && character.isNumber }
    let groups = mantissa.split(omittingEmptySubsequences: false) { !isDigit($0) }
    let separators = mantissa.filter { !isDigit($0) }.map { Self.spaces.contains($0) ? " " : $0 }
    guard groups.allSatisfy({ !$0.isEmpty }) else { return nil }
    let count = separators.count
    /// Whether the first separators of some number are thousands separators of one kind.
    func areGroups(_ number: Int) -> Bool {
      (1...3).contains(groups[0].count) && groups[0].first != "0"
        && groups[1...number].allSatisfy { $0.count == 3 }
        && separators[..<number].allSatisfy { $0 == separators[0] }
        && ".,'’ ".contains(separators[0])
    }
    if let last = separators.last {
      let isDecimal = (last == "." || last == ",") && !separators.dropLast().contains(last)
      if count == 1, isDecimal {
        decimal = last
        isDoubtful = areGroups(1) && exponent.isEmpty
      } else if areGroups(count), exponent.isEmpty {
        group = last
      } else if count > 1, isDecimal, areGroups(count - 1), exponent.isEmpty {
        (decimal, group) = (last, separators[0])
      } else {
        return nil
      }
    }
    let digits = groups.joined()
    let decimals = decimal == nil ? 0 : groups[count].count
    let plain =
      sign + digits.dropLast(decimals) + (decimals > 0 ? "." + digits.suffix(decimals) : "")
    guard let value = Double(decimal: plain + exponent), let whole = Double(decimal: sign + digits)
    else { return nil }
    (self.value, self.whole) = (value, whole)
  }

  private static let spaces: Set<Character> = [" ", "\u{A0}", "\u{2007}", "\u{2009}", "\u{202F}"]
}
