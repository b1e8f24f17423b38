// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text

/// Checks the bytes of a property list before Foundation parses them.
///
/// Foundation's scanner recurses into nested collections and ends the process on a deep nesting, so
/// the depth is measured first. Entities and binary property lists, which OsiriX never writes, are
/// refused with a sentence.
enum PropertyListGuard {
  /// The deepest nesting that is accepted; an annotation needs 7.
  static let deepest = 32
  /// The largest file that is accepted, in bytes; the largest of COCA has about one million.
  static let largest = 64 << 20

  /// Why the bytes are not handed to Foundation, or `nil` if they are.
  static func objection(to data: Data) -> String? {
    if data.isEmpty { return "is empty; restore it from the release" }
    if data.count > largest {
      return
        "has \(counted(data.count, "byte")), more than any annotation (\(largest)); it is something else"
    }
    if data.starts(with: Data("bplist".utf8)) {
      return "is a binary property list; convert it with plutil -convert xml1"
    }
    // Foundation ends the process on a number with bytes that are none of UTF-8.
    guard String(validating: data, as: UTF8.self) != nil else {
      return "is not text in UTF-8, as annotations are; it is damaged, restore it from the release"
    }
    return data.withUnsafeBytes { scan($0.bindMemory(to: UInt8.self)) }
  }

  private static func scan(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    var position = 0
    var depth = 0
    var sawList = false
    while let open = bytes[position...].firstIndex(of: UInt8(ascii: "<")) {
      position = open
      let ending: StaticString
      if starts(bytes, at: open, with: "<!--") {
        ending = "-->"
      } else if starts(bytes, at: open, with: "<![CDATA[") {
        ending = "]]>"
      } else if starts(bytes, at: open, with: "<?") {
        ending = "?>"
      } else {
        ending = ">"
      }
      guard let end = find(ending, in: bytes, from: open + 1) else {
        return "ends in the middle of its XML; it is truncated, restore it from the release"
      }
      if ending.utf8CodeUnitCount == 1 {
        let tag = bytes[open..<end]
        let first = tag.count > 1 ? tag[open + 1] : 0
        if first == UInt8(ascii: "!") {
          if tag.contains(UInt8(ascii: "[")) {
            return "declares XML entities, which no annotation does; it is not read"
          }
        } else if first == UInt8(ascii: "/") {
          depth -= 1
        } else {
          if starts(bytes, at: open, with: "<plist") { sawList = true }
          if !sawList { return "is not an OsiriX annotation: its XML is no property list" }
          // A quoted "/>" could hide a nesting level; only <plist> has attributes.
          if tag.contains(UInt8(ascii: "=")), !starts(bytes, at: open, with: "<plist") {
            return "has XML attributes where a property list has none; it is not read"
          }
          if tag.last != UInt8(ascii: "/") { depth += 1 }
          if depth > deepest {
            return "nests deeper than \(deepest) levels, which no annotation does; it is not read"
          }
        }
      }
      position = end + ending.utf8CodeUnitCount
    }
    return sawList ? nil : "is not an OsiriX annotation: it holds no XML property list"
  }

  private static func starts(
    _ bytes: UnsafeBufferPointer<UInt8>, at position: Int, with text: StaticString
  ) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + count <= bytes.count else { return false }
    for i in 0..<count where bytes[position + i] != text.utf8Start[i] { return false }
    return true
  }

  private static func find(
    _ text: StaticString, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
  ) -> Int? {
    var position = start
    while let hit = bytes[position...].firstIndex(of: text.utf8Start[0]) {
      if starts(bytes, at: hit, with: text) { return hit }
      position = hit + 1
    }
    return nil
  }
}
