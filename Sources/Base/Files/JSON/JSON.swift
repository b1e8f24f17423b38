// SPDX-License-Identifier: Apache-2.0
internal import Foundation
import Text

/// A JSON value whose objects keep the order of their keys.
///
/// ```swift
/// let plans = try JSON.read(from: url)
/// let spacing = plans["configurations"]?["2d"]?["spacing"]?.array?.compactMap(\.double)
/// ```
///
/// It exists because nnU-Net's files need what Foundation's JSON does not keep: the order of keys has
/// a meaning (the regions of dataset.json), Python writes the bare tokens NaN and Infinity, and a
/// number has to be written back as it was read, whole or with a fraction. Swift's numbers are printed
/// in the shortest form that reads back exactly, as Python's are.
public enum JSON: Sendable, Hashable {
  /// The value null.
  case null
  /// True or false.
  case bool(Bool)
  /// A number written without fraction and exponent.
  case int(Int)
  /// Any other number; NaN and the infinities are allowed.
  case double(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSON])
  /// Keys and values in the order of the file.
  case object(JSONObject)

  /// The members of an object, or `nil` for anything else.
  public var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

  /// The elements of a list, or `nil` for anything else.
  public var array: [JSON]? { if case .array(let elements) = self { elements } else { nil } }

  /// The text, or `nil` for anything else.
  public var string: String? { if case .string(let text) = self { text } else { nil } }

  /// A whole number, also one written as 3.0, or `nil` for anything else.
  public var int: Int? {
    switch self {
    case .int(let value): value
    case .double(let value): Int(exactly: value)
    default: nil
    }
  }

  /// A number, or `nil` for anything else.
  public var double: Double? {
    switch self {
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// The member of an object under a key.
  public subscript(key: String) -> JSON? { object?[key] }
}

/// Keys and values in order; a key occurs once.
///
/// Own code, because swift-collections' ordered dictionary would replace only these thirty lines.
public struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
  /// The keys in order.
  public private(set) var keys: [String] = []
  private var values: [String: JSON] = [:]

  /// An object without members.
  public init() {}

  /// An object with members in order; of two equal keys the last value counts.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    for (key, value) in elements { self[key] = value }
  }

  /// The value of a key; setting a new key appends it, setting `nil` removes it.
  public subscript(key: String) -> JSON? {
    get { values[key] }
    set {
      if let newValue {
        if values.updateValue(newValue, forKey: key) == nil { keys.append(key) }
      } else if values.removeValue(forKey: key) != nil {
        keys.removeAll { $0 == key }
      }
    }
  }

  /// This object with the members of another laid over it, nested objects member by member.
  public func overlaid(with other: JSONObject) -> JSONObject {
    var result = self
    for key in other.keys {
      if let below = result[key]?.object, let above = other[key]?.object {
        result[key] = .object(below.overlaid(with: above))
      } else {
        result[key] = other[key]
      }
    }
    return result
  }
}

extension JSON {
  /// The text as Python writes it with an indent of four, lists of plain values on one line.
  public var text: String {
    var out = ""
    write(to: &out, indent: 0)
    out += "\n"
    return out
  }

  /// This value with the members of all its objects in the order of a list of keys.
  ///
  /// Members that the list does not name follow, in their own order.
  public func ordered(by keys: [String]) -> JSON {
    switch self {
    case .array(let elements): return .array(elements.map { $0.ordered(by: keys) })
    case .object(let members):
      var object = JSONObject()
      for key in keys + members.keys { object[key] = members[key]?.ordered(by: keys) }
      return .object(object)
    default: return self
    }
  }

  private var isPlain: Bool { object == nil && array == nil }

  private func write(to out: inout String, indent: Int) {
    let inner = String(repeating: " ", count: indent + 4)
    switch self {
    case .null: out += "null"
    case .bool(let value): out += value ? "true" : "false"
    case .int(let value): out += "\(value)"
    case .double(let value):
      out +=
        value.isNaN ? "NaN" : value.isInfinite ? (value < 0 ? "-" : "") + "Infinity" : "\(value)"
    case .string(let text): JSON.quote(text, to: &out)
    case .array(let elements):
      if elements.allSatisfy(\.isPlain) {
        out += "["
        for (i, element) in elements.enumerated() {
          if i > 0 { out += ", " }
          element.write(to: &out, indent: indent)
        }
        out += "]"
      } else {
        for (i, element) in elements.enumerated() {
          out += (i == 0 ? "[\n" : ",\n") + inner
          element.write(to: &out, indent: indent + 4)
        }
        out += "\n" + inner.dropLast(4) + "]"
      }
    case .object(let members):
      if members.keys.isEmpty { out += "{}" }
      for (i, key) in members.keys.enumerated() {
        out += (i == 0 ? "{\n" : ",\n") + inner
        JSON.quote(key, to: &out)
        out += ": "
        members[key]?.write(to: &out, indent: indent + 4)
      }
      if !members.keys.isEmpty { out += "\n" + inner.dropLast(4) + "}" }
    }
  }

  private static func quote(_ text: String, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      case _ where scalar.value < 0x20:
        out += "\\u" + String(scalar.value, radix: 16).zeroPadded(to: 4)
      default: out.unicodeScalars.append(scalar)
      }
    }
    out += "\""
  }
}

extension JSON: Codable {
  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// A value from any decoder; the keys of objects come in code point order.
  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Key.self) {
      var object = JSONObject()
      for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
        object[key.stringValue] = try container.decode(JSON.self, forKey: key)
      }
      self = .object(object)
    } else if var container = try? decoder.unkeyedContainer() {
      var elements: [JSON] = []
      while !container.isAtEnd { elements.append(try container.decode(JSON.self)) }
      self = .array(elements)
    } else {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(Int.self) {
        self = .int(value)
      } else if let value = try? container.decode(Double.self) {
        self = .double(value)
      } else {
        self = .string(try container.decode(String.self))
      }
    }
  }

  /// Writes the value into any encoder, which may reorder keys.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .object(let object):
      var container = encoder.container(keyedBy: Key.self)
      for key in object.keys {
        try container.encode(object[key] ?? .null, forKey: Key(stringValue: key))
      }
    case .array(let elements):
      var container = encoder.unkeyedContainer()
      for element in elements { try container.encode(element) }
    case .null, .bool, .int, .double, .string:
      var container = encoder.singleValueContainer()
      switch self {
      case .bool(let value): try container.encode(value)
      case .int(let value): try container.encode(value)
      case .double(let value): try container.encode(value)
      case .string(let value): try container.encode(value)
      default: try container.encodeNil()
      }
    }
  }
}
