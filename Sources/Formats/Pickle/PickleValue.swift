// SPDX-License-Identifier: Apache-2.0

/// One value of a pickle: plain, or a node of the tree that holds it.
public enum PickleValue: Sendable, Hashable {
  /// Python's None.
  case none
  /// True or false.
  case bool(Bool)
  /// A whole number; larger ones than 64 bits are refused.
  case int(Int)
  /// A number.
  case double(Double)
  /// A text.
  case string(String)
  /// Bytes.
  case bytes([UInt8])
  /// A container, a name or a call, in the tree at this place.
  case node(Int)
}

/// A value with parts.
///
/// Parts refer to nodes by number, so that neither depth nor cycles of a hostile pickle can exhaust
/// the stack or memory when the tree is read or freed.
public enum PickleNode: Sendable, Hashable {
  /// A list.
  case list([PickleValue])
  /// A tuple.
  case tuple([PickleValue])
  /// A dictionary, plain or ordered, in order; of equal keys the last counts.
  case dictionary([PickleValue], [PickleValue])
  /// The name of a function or a class, such as "torch._utils._rebuild_tensor_v2".
  case global(String)
  /// A call of a named function with its arguments, which is only recorded, never made.
  case call(String, [PickleValue])
  /// A reference to something outside of the pickle; PyTorch's storages are.
  case persistent(PickleValue)
}

/// The values of a pickle.
public struct PickleTree: Sendable {
  /// The value that the pickle is of.
  public let root: PickleValue
  let nodes: [PickleNode]

  init(root: PickleValue, nodes: [PickleNode]) {
    self.root = root
    self.nodes = nodes
  }

  /// The node of a value that has parts.
  public func node(_ value: PickleValue?) -> PickleNode? {
    guard case .node(let index)? = value else { return nil }
    return nodes[index]
  }

  /// The members of a list or a tuple.
  public func elements(_ value: PickleValue?) -> [PickleValue]? {
    switch node(value) {
    case .list(let elements), .tuple(let elements): elements
    default: nil
    }
  }

  /// The keys and values of a dictionary.
  public func entries(_ value: PickleValue?) -> [(key: PickleValue, value: PickleValue)]? {
    guard case .dictionary(let keys, let values) = node(value) else { return nil }
    return zip(keys, values).map { ($0, $1) }
  }

  /// The member of a dictionary under a text.
  public func member(_ key: String, of value: PickleValue?) -> PickleValue? {
    entries(value)?.last { $0.key == .string(key) }?.value
  }

  /// The text of a value.
  public func string(_ value: PickleValue?) -> String? {
    if case .string(let text)? = value { text } else { nil }
  }

  /// The whole number of a value.
  public func int(_ value: PickleValue?) -> Int? {
    if case .int(let number)? = value { number } else { nil }
  }

  /// The whole numbers of a list or a tuple.
  public func ints(_ value: PickleValue?) -> [Int]? {
    guard let elements = elements(value) else { return nil }
    let numbers = elements.compactMap { int($0) }
    return numbers.count == elements.count ? numbers : nil
  }

  /// The number of a value: Python's own, or a scalar of numpy.
  public func number(_ value: PickleValue?) -> Double? {
    switch value {
    case .int(let number): Double(number)
    case .double(let number): number
    case .node: numpyScalar(value)
    default: nil
    }
  }

  /// The number in a call of numpy's `scalar(dtype, bytes)`.
  private func numpyScalar(_ value: PickleValue?) -> Double? {
    guard case .call(let name, let arguments) = node(value), arguments.count == 2,
      name.hasSuffix(".multiarray.scalar"),
      case .call("numpy.dtype", let kind) = node(arguments[0]), let kind = string(kind.first),
      let bytes = bytes(arguments[1])
    else { return nil }
    func bits<T: FixedWidthInteger>(_ type: T.Type) -> T? {
      guard bytes.count == MemoryLayout<T>.size else { return nil }
      return bytes.reversed().reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
    }
    switch kind {
    case "f8": return bits(UInt64.self).map { Double(bitPattern: $0) }
    case "f4": return bits(UInt32.self).map { Double(Float(bitPattern: $0)) }
    case "f2": return bits(UInt16.self).map { Double(Float16(bitPattern: $0)) }
    case "i8": return bits(Int64.self).map { Double($0) }
    case "i4": return bits(Int32.self).map { Double($0) }
    default: return nil
    }
  }

  /// The bytes of a value; up to protocol 2 Python writes them as a call of `_codecs.encode`.
  func bytes(_ value: PickleValue?) -> [UInt8]? {
    if case .bytes(let bytes)? = value { return bytes }
    guard case .call("_codecs.encode", let arguments) = node(value), arguments.count == 2,
      let text = string(arguments[0]), ["latin1", "latin-1"].contains(string(arguments[1]))
    else { return nil }
    let bytes = text.unicodeScalars.compactMap { UInt8(exactly: $0.value) }
    return bytes.count == text.unicodeScalars.count ? bytes : nil
  }
}
