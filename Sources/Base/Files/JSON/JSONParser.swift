// SPDX-License-Identifier: Apache-2.0
public import Foundation

extension JSON {
  /// The deepest nesting that is read; nnU-Net's own files stay below ten.
  static let deepest = 100

  /// Reads a JSON file, with Python's NaN and Infinity.
  ///
  /// - Throws: `FileError` where the file cannot be read or is no JSON; the sentence names the line.
  public static func read(from url: URL) throws -> JSON {
    try parse(FileBytes.read(url), subject: url.path)
  }

  /// Reads JSON text; the subject names its origin in errors, which give the line.
  public static func parse(_ data: Data, subject: String) throws -> JSON {
    let bytes = [UInt8](data)
    return try bytes.withUnsafeBufferPointer { buffer in
      var parser = JSONParser(bytes: buffer, subject: subject)
      return try parser.document()
    }
  }
}

/// A recursive descent over bytes.
private struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let subject: String
  var position = 0

  init(bytes: UnsafeBufferPointer<UInt8>, subject: String) {
    self.bytes = bytes
    self.subject = subject
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  func failure(_ what: String) -> FileError {
    let line = bytes[..<min(position, bytes.count)].count { $0 == 0x0A } + 1
    return FileError(.invalid, path: subject, detail: "is not valid JSON: \(what) in line \(line)")
  }

  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  mutating func document() throws -> JSON {
    let value = try value(depth: 0)
    skipSpace()
    if next != nil { throw failure("text after the end") }
    return value
  }

  mutating func value(depth: Int) throws -> JSON {
    guard depth < JSON.deepest else { throw failure("deeper nesting than \(JSON.deepest)") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case nil: throw failure("the end comes too early")
    default: return try word()
    }
  }

  mutating func object(depth: Int) throws -> JSON {
    position += 1
    var object = JSONObject()
    if take("}") { return .object(object) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw failure("a key was expected") }
      let key = try string()
      guard take(":") else { throw failure("a colon was expected after \"\(key)\"") }
      object[key] = try value(depth: depth + 1)
    } while take(",")
    guard take("}") else { throw failure("a comma or } was expected") }
    return .object(object)
  }

  mutating func array(depth: Int) throws -> JSON {
    position += 1
    var elements: [JSON] = []
    if take("]") { return .array(elements) }
    repeat { elements.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw failure("a comma or ] was expected") }
    return .array(elements)
  }

  mutating func word() throws -> JSON {
    let start = position
    while let byte = next, !Array(" \n\r\t,:]}[{\"".utf8).contains(byte) { position += 1 }
    let word = String(decoding: bytes[start..<position], as: UTF8.self)
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    case "NaN": return .double(.nan)
    case "Infinity": return .double(.infinity)
    case "-Infinity": return .double(-.infinity)
    default:
      // Swift's own conversions also know hexadecimal numbers, "inf" and a leading plus.
      let isNumber = word.utf8.allSatisfy {
        (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0)
      }
      if isNumber, word.utf8.first != UInt8(ascii: "+") {
        if let value = Int(word) { return .int(value) }
        if let value = Double(word) { return .double(value) }
      }
      throw failure("\"\(word.prefix(40))\" is no value")
    }
  }

  mutating func string() throws -> String {
    position += 1
    var out: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw failure("a text without its closing quote") }
      position += 1
      if byte == UInt8(ascii: "\\") { try escape(&out) } else { out.append(byte) }
    }
    guard next != nil else { throw failure("a text without its closing quote") }
    position += 1
    guard let text = String(validating: out, as: UTF8.self) else {
      throw failure("a text that is not UTF-8")
    }
    return text
  }

  mutating func escape(_ out: inout [UInt8]) throws {
    guard let byte = next else { throw failure("the end comes too early") }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): out.append(byte)
    case UInt8(ascii: "u"):
      var code = try hexadecimal()
      if (0xD800..<0xDC00).contains(code) {
        guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
          bytes[position + 1] == UInt8(ascii: "u")
        else { throw failure("half a surrogate pair") }
        position += 2
        let low = try hexadecimal()
        guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw failure("half a surrogate pair") }
      out.append(contentsOf: String(Character(scalar)).utf8)
    default: throw failure("an unknown escape")
    }
  }

  mutating func hexadecimal() throws -> UInt32 {
    guard position + 4 <= bytes.count,
      bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let code = UInt32(
        String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw failure("an escape without four hexadecimal digits") }
    position += 4
    return code
  }
}
