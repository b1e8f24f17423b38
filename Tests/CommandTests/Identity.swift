// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// What a scanner writes of a patient into its files, to be searched for in every output.
enum Identity {
  static let secrets: [(group: UInt16, element: UInt16, vr: String, value: String)] = [
    (0x08, 0x20, "DA", "20190817"), (0x08, 0x50, "SH", "ACC-990417"),
    (0x08, 0x90, "PN", "Quacksalber^Adelgunde "), (0x10, 0x10, "PN", "Zebulon^Xaver "),
    (0x10, 0x20, "LO", "PID-4711-0815 "), (0x10, 0x30, "DA", "19470321"),
    (0x20, 0x10, "SH", "STUDY-770033"),
  ]

  /// The words of the secrets, as a search finds them, and dates as others write them.
  static let words =
    secrets.flatMap { secret in
      secret.value.split(whereSeparator: { "^ ".contains($0) }).map(String.init)
    } + ["2019-08-17", "1947-03-21"]

  /// The bytes of an element's head in explicit little-endian order.
  private static func head(_ group: UInt16, _ element: UInt16, _ vr: String) -> Data {
    var data = Data()
    for word in [group, element] {
      data.append(UInt8(truncatingIfNeeded: word))
      data.append(UInt8(word >> 8))
    }
    return data + Data(vr.utf8)
  }

  /// An element with a short text, in explicit little-endian order.
  static func element(_ group: UInt16, _ element: UInt16, _ vr: String, _ text: String) -> Data {
    var value = Data(text.utf8)
    if value.count % 2 == 1 { value.append(vr == "UI" ? 0 : 0x20) }
    return head(group, element, vr) + [UInt8(value.count), 0] + value
  }

  /// Writes the secrets over whatever the elements of a slice hold.
  static func write(into url: URL) throws {
    var data = try Data(contentsOf: url)
    for secret in secrets {
      let value = Data(secret.value.utf8)
      try #require(value.count % 2 == 0)
      let range = try #require(
        data.range(of: head(secret.group, secret.element, secret.vr)),
        "element \(secret.group), \(secret.element)")
      let length = Int(data[range.upperBound]) + 256 * Int(data[range.upperBound + 1])
      data.replaceSubrange(
        range.upperBound..<range.upperBound + 2 + length,
        with: [UInt8(value.count), 0] + value)
    }
    try data.write(to: url)
  }

  /// Expects that none of the words is in any of the outputs.
  static func expectAbsence(from outputs: [(String, Data)]) {
    for (name, data) in outputs {
      for word in words { #expect(data.range(of: Data(word.utf8)) == nil, "\(word) in \(name)") }
    }
  }
}
