// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Text

@Suite struct `The notation of a table's numbers` {
  private func read(
    _ text: String, among others: [String] = [], commas: Bool, points: Bool = false
  ) -> NumberNotation.Reading {
    NumberNotation(of: others + [text], allowsComma: commas, assumesPoint: points).read(text)
  }

  @Test(arguments: [
    ("12,5", 12.5), ("0,125", 0.125), ("1234,567", 1234.567), ("1.234,5", 1234.5),
    ("1,234.5", 1234.5), ("1.234.567", 1_234_567), ("1,234,567", 1_234_567), ("1 234,5", 1234.5),
    ("1\u{A0}234", 1234), ("1'234.25", 1234.25), ("-1,5E+03", -1500), ("12.5", 12.5), ("7", 7),
    ("1,5000", 1.5),
  ])
  func `is read where it is clear`(text: String, value: Double) {
    #expect(read(text, commas: true) == .number(value))
  }

  @Test func `is taken from the other numbers where it is not`() {
    #expect(read("1,234", commas: true) == .ambiguous(1.234, 1234))
    #expect(read("1.234", commas: true) == .ambiguous(1.234, 1234))
    #expect(read("1,234", among: ["0,5"], commas: true) == .number(1.234))
    #expect(read("1.234", among: ["0.5"], commas: true) == .number(1.234))
    #expect(read("1.234", among: ["0,5"], commas: true) == .ambiguous(1.234, 1234))
    #expect(read("1,234", among: ["0.5"], commas: true) == .ambiguous(1.234, 1234))
    #expect(read("1,234", among: ["0.5", "0,5"], commas: true) == .ambiguous(1.234, 1234))
  }

  @Test func `has points between commas`() {
    #expect(read("1.234", commas: false, points: true) == .number(1.234))
    #expect(read("1,234", commas: false, points: true) == .ambiguous(1.234, 1234))
    #expect(read("1,5", commas: false, points: true) == .none)
    #expect(read("1,234.5", commas: false, points: true) == .number(1234.5))
  }

  @Test(arguments: [
    "", "-", "1,23,456", "1..2", "12 34", "1,2.3,4", "a1", "1-2", "01.02.2024", ",",
  ])
  func `is not guessed`(text: String) {
    #expect(read(text, commas: true) == .none)
  }
}
