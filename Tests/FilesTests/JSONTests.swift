// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing

@Suite struct `JSON in order` {
  @Test(arguments: [
    "", "{", "[1,", "{\"a\"}", "{\"a\": }", "[1 2]", "\"abc", "\"\\u12\"", "\"\\ud800\"",
    "\"\\ud800\\u0041\"", "tru", "+1", "0x10", "inf", "nan", "1 2", "{\"a\": 1,}", "\u{1}",
    "\"a\nb\"",
  ]) func `refuses what is no JSON`(text: String) {
    #expect(throws: FileError.self) { try JSON.parse(Data(text.utf8), subject: "x") }
  }

  @Test func `refuses nesting without end and bytes that are no text`() {
    let deep = Data(String(repeating: "[", count: 1_000_000).utf8)
    #expect(throws: FileError.self) { try JSON.parse(deep, subject: "x") }
    #expect(throws: FileError.self) {
      try JSON.parse(Data([0x22, 0xFF, 0xFE, 0x22]), subject: "x")
    }
  }

  @Test func `keeps order, Python's NaN and every character`() throws {
    let text = """
      {"z": NaN, "a": [1, 2.5, -Infinity, true, null], "b": {"é\\u00e9\\ud83d\\ude00\\n": "\\\\\\""}}
      """
    let value = try JSON.parse(Data(text.utf8), subject: "x")
    #expect(value.object?.keys == ["z", "a", "b"])
    #expect(value["z"]?.double?.isNaN == true)
    #expect(value["a"]?.array?[1] == .double(2.5))
    #expect(value["b"]?.object?.keys == ["éé😀\n"])
    let again = try JSON.parse(Data(value.text.utf8), subject: "x")
    #expect(again["a"] == value["a"])
    #expect(again["b"] == value["b"])
  }

  @Test func `survives random damage of a plans file without a crash`() throws {
    var random = SplitMix64(seed: 77)
    let good = Array(
      """
      {"a": [1, 2, {"b": "text \\u00e9", "c": -1.5e3}], "d": {"e": null, "f": [true, false]}}
      """.utf8)
    var parsed = 0
    for _ in 0..<3000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      if (try? JSON.parse(Data(bytes), subject: "x")) != nil { parsed += 1 }
    }
    #expect(parsed > 0 && parsed < 3000)
  }
}
