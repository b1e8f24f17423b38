// SPDX-License-Identifier: Apache-2.0

/// A value to be written as a pickle.
public indirect enum PickleOutput: Sendable {
  /// Python's None.
  case none
  /// True or false.
  case bool(Bool)
  /// A whole number.
  case int(Int)
  /// A number.
  case double(Double)
  /// A text.
  case string(String)
  /// A list.
  case list([PickleOutput])
  /// A tuple.
  case tuple([PickleOutput])
  /// A plain dictionary in order.
  case dictionary([(PickleOutput, PickleOutput)])
  /// The name of a function or a class: its module and its name there.
  case global(String, String)
  /// A call of a named function.
  case call(String, String, [PickleOutput])
  /// An ordered dictionary.
  case ordered([(String, PickleOutput)])
  /// A reference to something outside of the pickle.
  case persistent(PickleOutput)

  /// A dictionary whose keys are texts.
  public static func object(_ members: [(String, PickleOutput)]) -> PickleOutput {
    .dictionary(members.map { (.string($0), $1) })
  }
}

/// Writes pickles of protocol 2, the one that PyTorch writes.
///
/// ```swift
/// let bytes = Pickler.data(.object([("epoch", .int(7)), ("lr", .double(0.01))]))
/// ```
public struct Pickler {
  private var bytes: [UInt8] = [0x80, 2]

  /// The pickle of a value.
  public static func data(_ value: PickleOutput) -> [UInt8] {
    var pickler = Pickler()
    pickler.write(value)
    pickler.bytes.append(UInt8(ascii: "."))
    return pickler.bytes
  }

  private mutating func write(_ value: PickleOutput) {
    switch value {
    case .none: put("N")
    case .bool(let flag): bytes.append(flag ? 0x88 : 0x89)
    case .int(let number): write(number)
    case .double(let number):
      put("G")
      append(number.bitPattern.byteSwapped)
    case .string(let text):
      put("X")
      append(UInt32(text.utf8.count))
      bytes += text.utf8
    case .list(let elements):
      put("](")
      for element in elements { write(element) }
      put("e")
    case .tuple(let elements): write(tuple: elements)
    case .dictionary(let members):
      put("}(")
      for (key, member) in members {
        write(key)
        write(member)
      }
      put("u")
    case .global(let module, let name): put("c\(module)\n\(name)\n")
    case .call(let module, let name, let arguments):
      put("c\(module)\n\(name)\n")
      write(tuple: arguments)
      put("R")
    case .ordered(let members):
      write(.call("collections", "OrderedDict", []))
      put("(")
      for (key, member) in members {
        write(.string(key))
        write(member)
      }
      put("u")
    case .persistent(let id):
      write(id)
      put("Q")
    }
  }

  private mutating func write(tuple elements: [PickleOutput]) {
    put("(")
    for element in elements { write(element) }
    put("t")
  }

  private mutating func write(_ number: Int) {
    if let small = Int32(exactly: number) {
      put("J")
      append(UInt32(bitPattern: small))
    } else {
      bytes += [0x8a, 8]
      append(UInt64(bitPattern: Int64(number)))
    }
  }

  private mutating func put(_ text: String) { bytes += text.utf8 }

  private mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { bytes += $0 }
  }
}
