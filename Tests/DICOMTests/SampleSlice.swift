// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// A slice of 4×5 pixels as bytes, made without any library, to be spoilt element by element.
struct SampleSlice {
  struct Key: Hashable, Comparable {
    let group, element: UInt16
    static func < (a: Key, b: Key) -> Bool { (a.group, a.element) < (b.group, b.element) }
  }
  private var elements: [Key: (vr: String, value: Data)] = [:]

  init(series: String = "1.2.3", number: Int = 1, z: Double = 0, x: Double = 0) {
    set(0x08, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.2")
    set(0x08, 0x18, "UI", "\(series).\(number).\(Int(z * 100)).\(Int(x * 100))")
    set(0x08, 0x60, "CS", "CT")
    set(0x10, 0x10, "PN", "Nobody^Known")
    set(0x10, 0x20, "LO", "secret-4711")
    set(0x18, 0x50, "DS", "3")
    set(0x18, 0x60, "DS", "120")
    set(0x20, 0x0E, "UI", series)
    set(0x20, 0x13, "IS", "\(number)")
    set(0x20, 0x32, "DS", "\(x)\\0\\\(z)")
    set(0x20, 0x37, "DS", "1\\0\\0\\0\\1\\0")
    set(0x28, 0x02, words: [1])
    set(0x28, 0x04, "CS", "MONOCHROME2")
    set(0x28, 0x10, words: [4])
    set(0x28, 0x11, words: [5])
    set(0x28, 0x30, "DS", "0.5\\0.4")
    set(0x28, 0x100, words: [16])
    set(0x28, 0x101, words: [12])
    set(0x28, 0x102, words: [11])
    set(0x28, 0x103, words: [0])
    set(0x28, 0x1052, "DS", "-1024")
    set(0x28, 0x1053, "DS", "1")
    set(0x7FE0, 0x10, words: (0..<20).map { UInt16($0) }, vr: "OW")
  }

  mutating func set(_ group: UInt16, _ element: UInt16, _ vr: String, _ text: String) {
    var value = Data(text.utf8)
    if value.count % 2 == 1 { value.append(vr == "UI" ? 0 : 0x20) }
    elements[Key(group: group, element: element)] = (vr, value)
  }

  mutating func set(_ group: UInt16, _ element: UInt16, words: [UInt16], vr: String = "US") {
    var value = Data()
    for word in words { withUnsafeBytes(of: word.littleEndian) { value.append(contentsOf: $0) } }
    elements[Key(group: group, element: element)] = (vr, value)
  }

  /// Binary numbers in a representation that need not be the one of the standard.
  mutating func set<Number: BitwiseCopyable>(
    _ group: UInt16, _ element: UInt16, _ vr: String, binary numbers: [Number]
  ) {
    elements[Key(group: group, element: element)] = (vr, numbers.withUnsafeBytes { Data($0) })
  }

  /// The text of an element without its padding.
  func text(_ group: UInt16, _ element: UInt16) -> String {
    let value = elements[Key(group: group, element: element)]?.value ?? Data()
    return String(decoding: value, as: UTF8.self)
      .trimmingCharacters(in: CharacterSet(charactersIn: " \0"))
  }

  mutating func remove(_ group: UInt16, _ element: UInt16) {
    elements[Key(group: group, element: element)] = nil
  }

  /// A slice with some elements changed.
  func with(_ change: (inout SampleSlice) -> Void) -> SampleSlice {
    var copy = self
    change(&copy)
    return copy
  }

  /// The file in explicit little endian.
  var data: Data { data(transferSyntax: "1.2.840.10008.1.2.1") }

  func data(transferSyntax: String) -> Data {
    var meta = self
    meta.elements = [:]
    meta.set(0x02, 0x10, "UI", transferSyntax)
    return Data(count: 128) + Data("DICM".utf8) + meta.body + body
  }

  /// The file with its pixels in one fragment of RLE (PS3.5, annex G), none of them repeated.
  ///
  /// - Parameter segments: how many the header claims; GDCM divides by it.
  func runLengthEncoded(segments: UInt8 = 2) -> Data {
    var rest = self
    let pixels =
      rest.elements.removeValue(forKey: Key(group: 0x7FE0, element: 0x10))?.value ?? Data()
    let planes = [1, 0].map { first in
      let bytes = stride(from: first, to: pixels.count, by: 2).map { pixels[$0] }
      return Data([UInt8(bytes.count - 1)] + bytes + (bytes.count % 2 == 0 ? [0x80] : []))
    }
    var header = Data(count: 64)
    (header[0], header[4], header[8]) = (segments, 64, UInt8(64 + planes[0].count))
    let fragment = header + planes[0] + planes[1]
    let item = Data([0xFE, 0xFF, 0x00, 0xE0])
    return rest.data(transferSyntax: "1.2.840.10008.1.2.5")
      + Data([0xE0, 0x7F, 0x10, 0x00, 0x4F, 0x42, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF])
      + item + Data(count: 4) + item + Data([UInt8(fragment.count), 0, 0, 0]) + fragment
      + Data([0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0])
  }

  private var body: Data {
    var out = Data()
    func append<T: FixedWidthInteger>(_ value: T) {
      withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
    }
    for (key, entry) in elements.sorted(by: { $0.key < $1.key }) {
      append(key.group)
      append(key.element)
      out.append(contentsOf: entry.vr.utf8)
      if ["OB", "OW", "SQ", "SV", "UN", "UV"].contains(entry.vr) {
        append(UInt16(0))
        append(UInt32(entry.value.count))
      } else {
        append(UInt16(entry.value.count))
      }
      out.append(entry.value)
    }
    return out
  }
}

extension TemporaryFolder {
  /// Writes slices as 0, 1, 2, … into the folder.
  func write(_ slices: [SampleSlice], prefix: String = "") throws {
    for (i, slice) in slices.enumerated() {
      // Two series may be given the same prefix.
      var name = prefix + "\(i)"
      while FileManager.default.fileExists(atPath: file(name).path) { name += "+" }
      try slice.data.write(to: file(name))
    }
  }
}
