// SPDX-License-Identifier: Apache-2.0
import Text
import Testing

@Suite struct `The text of a file in a message` {
  @Test(arguments: [
    ("Right Coronary Artery", "Right Coronary Artery"), ("", ""), ("Grüße ♥", "Grüße ♥"),
    (
      "a\u{1B}[2J\nb\r\u{7F}\u{9B}\u{2028}", "a\u{FFFD}[2J\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"
    ),
    ("\r\n", "\u{FFFD}\u{FFFD}"),
    (String(repeating: "x", count: 81), String(repeating: "x", count: 80) + "…"),
    (String(repeating: "x", count: 80), String(repeating: "x", count: 80)),
  ])
  func `stays in its line and in bounds`(text: String, shown: String) {
    #expect(text.shown() == shown)
  }
}
