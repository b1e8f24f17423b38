// SPDX-License-Identifier: Apache-2.0
import Testing
import Text

@Suite struct `What readers see` {
  @Test(arguments: [
    (-1.25, 1, "\u{2212}1.3"), (-0.04, 1, "0.0"), (1234.5, 1, "1234.5"), (9999, 0, "9999"),
    (10_000, 0, "10,000"), (-1_234_567.8, 1, "\u{2212}1,234,567.8"), (.nan, 1, "–"),
  ])
  func `are numbers with a true minus and commas from 10,000 on`(
    value: Double, decimals: Int, text: String
  ) {
    #expect(readable(value, decimals) == text)
  }

  @Test func `are whole numbers by the same rule`() {
    #expect(readable(-30_000_000) == "\u{2212}30,000,000")
    #expect(readable(1024) == "1024")
  }

  @Test func `are sizes and lengths without Swift's brackets`() {
    #expect(crossed([64, 128, 128]) == "64 × 128 × 128")
    #expect(crossed([Int]()) == "none")
    #expect(crossed(SIMD3(Double(Float(0.8)), 0.8, 2.5)) == "0.8 × 0.8 × 2.5")
    #expect(listed([0, 2]) == "0, 2")
  }

  @Test(
    arguments: [
      ("scor", "score"), ("sroce", "score"), ("evalaute", "evaluate"), ("dance", nil), ("x", nil),
    ] as [(String, String?)])
  func `are suggestions within two edits`(text: String, name: String?) {
    #expect(suggestion(for: text, among: ["score", "evaluate", "plan"]) == name)
  }

  @Test func `are edits counted as Levenshtein did`() {
    #expect(editDistance("kitten", "sitting") == 3)
    #expect(editDistance("", "ab") == 2)
  }
}
