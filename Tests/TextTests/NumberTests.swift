// SPDX-License-Identifier: Apache-2.0
import Testing
import Text

@Suite struct `Numbers as text` {
  @Test(arguments: [
    (1.25, 1, "1.3"), (-1.25, 1, "-1.3"), (0.049, 1, "0.0"), (-0.049, 1, "0.0"), (7, 0, "7"),
    (0.005, 2, "0.01"), (12.3, 3, "12.300"), (.nan, 1, "–"), (.infinity, 1, "–"),
    (123_456_789_012_345, 0, "123456789012345"), (1e15, 0, "1e+15"), (-2e20, 2, "-2e+20"),
  ])
  func `have a fixed number of decimals`(value: Double, decimals: Int, text: String) {
    #expect(decimal(value, decimals) == text)
  }

  @Test func `are split into digits before they are written`() {
    let number = FixedPoint(-1234.5, decimals: 2)
    #expect(number?.isNegative == true)
    #expect(number?.whole == 1234)
    #expect(number?.fraction == "50")
    #expect(number?.magnitude == "1234.50")
    #expect(FixedPoint(-0.001, decimals: 2)?.isNegative == false)
    #expect(FixedPoint(1e18, decimals: 0) == nil)
    #expect(FixedPoint(.nan, decimals: 0) == nil)
  }

  @Test(
    arguments: [
      ("12", 12), ("-0.5", -0.5), ("+1e3", 1000), ("", nil), ("nan", nil), ("0x10", nil),
      ("1,5", nil), ("1e999", nil), ("inf", nil), (" 1", nil),
    ] as [(String, Double?)])
  func `are read in decimal digits only`(text: String, value: Double?) {
    #expect(Double(decimal: text) == value)
  }

  @Test(arguments: [("7", 3, "007"), ("1234", 3, "1234"), ("", 2, "00")])
  func `are filled up with zeros`(text: String, width: Int, padded: String) {
    #expect(text.zeroPadded(to: width) == padded)
  }

  @Test(arguments: [
    (5e7, "0.05 GB"), (1e8, "0.1 GB"), (2.54e9, "2.5 GB"), (0, "0.0 GB"),
  ])
  func `of bytes are told in gigabytes`(bytes: Double, text: String) {
    #expect(gigabytes(bytes) == text)
    #expect(gigabytes(2.5e9, decimals: 2) == "2.50 GB")
  }
}
