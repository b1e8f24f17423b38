// SPDX-License-Identifier: Apache-2.0

/// Reads Python's pickle format (protocols 2 to 5) without running anything.
///
/// ```swift
/// let tree = try Unpickler.read(bytes)
/// let spacing = tree.elements(tree.member("spacing", of: tree.root))?
///   .compactMap { tree.number($0) }
/// ```
///
/// A pickle is a program for a small stack machine, and Python's own reader calls whatever the
/// program names. This one knows the instructions that containers, numbers, texts and the calls in
/// `PickleGlobals` need, notes calls instead of making them, and refuses every other name and
/// instruction. Reference: the comments of CPython's pickletools.
public struct Unpickler {
  /// The most bytes that are read; a log of thousands of epochs takes some megabytes.
  static let largest = 64 << 20
  /// The most values with parts.
  static let mostNodes = 4_000_000

  private var cursor: PickleCursor
  private var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var nodes: [PickleNode] = []

  /// The values of a pickle.
  ///
  /// - Throws: `PickleError` for bytes that are damaged, too many, or name what is not allowed.
  public static func read(_ bytes: [UInt8]) throws(PickleError) -> PickleTree {
    guard bytes.count <= largest else {
      throw PickleError(.tooLarge, "has \(bytes.count) bytes, more than \(largest)")
    }
    var reader = Unpickler(bytes)
    return try reader.run()
  }

  private init(_ bytes: [UInt8]) { cursor = PickleCursor(bytes) }

  private mutating func run() throws(PickleError) -> PickleTree {
    while true {
      let offset = cursor.offset
      let code = try cursor.byte()
      if code == UInt8(ascii: ".") {
        let root = try pop()
        guard stack.isEmpty, marks.isEmpty else { throw damaged("leaves values behind") }
        return PickleTree(root: root, nodes: nodes)
      }
      if try !scalar(code) {
        if try !container(code) {
          if try !object(code) {
            throw PickleError(
              .refused,
              "uses the instruction \(Self.name(code)) at byte \(offset), which no checkpoint needs"
            )
          }
        }
      }
    }
  }

  private static func name(_ code: UInt8) -> String {
    (0x21...0x7e).contains(code)
      ? "\"\(Character(UnicodeScalar(code)))\"" : "0x" + String(code, radix: 16)
  }

  // ---- Numbers, texts, the frame and the memo.

  private mutating func scalar(_ code: UInt8) throws(PickleError) -> Bool {
    switch code {
    case 0x80:
      let version = try cursor.byte()
      guard (2...5).contains(version) else {
        throw PickleError(.refused, "is of pickle protocol \(version); 2 to 5 are read")
      }
    case 0x95: _ = try cursor.take(8)
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"):
      stack.append(.int(Int(Int32(truncatingIfNeeded: try cursor.unsigned(4)))))
    case UInt8(ascii: "K"): stack.append(.int(Int(try cursor.unsigned(1))))
    case UInt8(ascii: "M"): stack.append(.int(Int(try cursor.unsigned(2))))
    case 0x8a: try long(cursor.length(1))
    case 0x8b: try long(cursor.length(4))
    case UInt8(ascii: "G"):
      stack.append(.double(Double(bitPattern: try cursor.unsigned(8).byteSwapped)))
    case UInt8(ascii: "X"): stack.append(.string(try cursor.text(cursor.length(4))))
    case 0x8c: stack.append(.string(try cursor.text(cursor.length(1))))
    case 0x8d: stack.append(.string(try cursor.text(cursor.length(8))))
    case UInt8(ascii: "B"): stack.append(.bytes(Array(try cursor.take(cursor.length(4)))))
    case UInt8(ascii: "C"): stack.append(.bytes(Array(try cursor.take(cursor.length(1)))))
    case 0x8e: stack.append(.bytes(Array(try cursor.take(cursor.length(8)))))
    case UInt8(ascii: "q"): memo[try cursor.length(1)] = try top()
    case UInt8(ascii: "r"): memo[try cursor.length(4)] = try top()
    case 0x94: memo[memo.count] = try top()
    case UInt8(ascii: "h"): try recall(cursor.length(1))
    case UInt8(ascii: "j"): try recall(cursor.length(4))
    default: return false
    }
    return true
  }

  private mutating func long(_ count: Int) throws(PickleError) {
    let bytes = try cursor.take(count)
    guard bytes.count <= 8 else { throw PickleError(.unexpected, "holds a number beyond 64 bits") }
    let negative = (bytes.last ?? 0) >= 0x80
    let bits = bytes.reversed().reduce(negative ? UInt64.max : 0) { $0 << 8 | UInt64($1) }
    stack.append(.int(Int(bitPattern: UInt(bits))))
  }

  private mutating func recall(_ index: Int) throws(PickleError) {
    guard let value = memo[index] else { throw damaged("recalls the value \(index), never stored") }
    stack.append(value)
  }

  // ---- Lists, tuples, dictionaries.

  private mutating func container(_ code: UInt8) throws(PickleError) -> Bool {
    switch code {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "]"): try push(.list([]))
    case UInt8(ascii: "l"): try push(.list(popMark()))
    case UInt8(ascii: ")"): try push(.tuple([]))
    case UInt8(ascii: "t"): try push(.tuple(popMark()))
    case 0x85: try push(.tuple(pop(1)))
    case 0x86: try push(.tuple(pop(2)))
    case 0x87: try push(.tuple(pop(3)))
    case UInt8(ascii: "}"): try push(.dictionary([], []))
    case UInt8(ascii: "d"):
      let items = try popMark()
      try push(.dictionary([], []))
      try put(items)
    case UInt8(ascii: "a"): try append([pop()])
    case UInt8(ascii: "e"): try append(popMark())
    case UInt8(ascii: "s"): try put(pop(2))
    case UInt8(ascii: "u"): try put(popMark())
    default: return false
    }
    return true
  }

  private mutating func append(_ items: [PickleValue]) throws(PickleError) {
    guard case .node(let index) = try top(), case .list(var list) = nodes[index] else {
      throw damaged("appends to what is no list")
    }
    // Taken out, so that the array is not copied for each member.
    nodes[index] = .list([])
    list.append(contentsOf: items)
    nodes[index] = .list(list)
  }

  private mutating func put(_ items: [PickleValue]) throws(PickleError) {
    guard items.count % 2 == 0, case .node(let index) = try top(),
      case .dictionary(var keys, var values) = nodes[index]
    else { throw damaged("sets a member of what is no dictionary") }
    nodes[index] = .dictionary([], [])
    for i in stride(from: 0, to: items.count, by: 2) {
      keys.append(items[i])
      values.append(items[i + 1])
    }
    nodes[index] = .dictionary(keys, values)
  }

  // ---- Names, calls, references to the outside.

  private mutating func object(_ code: UInt8) throws(PickleError) -> Bool {
    switch code {
    case UInt8(ascii: "c"):
      let module = try cursor.line()
      try name("\(module).\(cursor.line())")
    case 0x93:
      let parts = try pop(2)
      guard case .string(let module) = parts[0], case .string(let name) = parts[1] else {
        throw damaged("names a function by what is no text")
      }
      try self.name("\(module).\(name)")
    case UInt8(ascii: "R"), 0x81: try call()
    case UInt8(ascii: "b"): try build()
    case UInt8(ascii: "Q"): try push(.persistent(pop()))
    default: return false
    }
    return true
  }

  private mutating func name(_ full: String) throws(PickleError) {
    guard PickleGlobals.allows(full) else {
      // Control characters in a hostile name must not reach a terminal.
      let shown = full.unicodeScalars.prefix(80).map { (" "..."~").contains($0) ? "\($0)" : "?" }
      throw PickleError(
        .refused,
        "names \(shown.joined()), which no checkpoint of a network needs and which could run "
          + "anything; do not open it with Python either unless you trust its source")
    }
    try push(.global(full))
  }

  private mutating func call() throws(PickleError) {
    let parts = try pop(2)
    guard case .node(let function) = parts[0], case .global(let name) = nodes[function],
      PickleGlobals.callable.contains(name)
    else { throw PickleError(.refused, "calls what is no function that a checkpoint needs") }
    guard case .node(let list) = parts[1], case .tuple(let arguments) = nodes[list] else {
      throw damaged("calls \(name) without a tuple of arguments")
    }
    if name == "collections.OrderedDict" {
      guard arguments.isEmpty else {
        throw PickleError(.unexpected, "makes an OrderedDict from arguments")
      }
      try push(.dictionary([], []))
    } else {
      try push(.call(name, arguments))
    }
  }

  /// The state of a dictionary (PyTorch's `_metadata`) and of numpy's types says nothing that is
  /// needed, but for arrays, whose content it is.
  private mutating func build() throws(PickleError) {
    let state = try pop()
    guard case .node(let index) = try top() else { throw damaged("gives a plain value a state") }
    switch nodes[index] {
    case .dictionary: break
    case .call("numpy.dtype", _):
      // (version, byte order, …)
      guard case .node(let list) = state, case .tuple(let parts) = nodes[list], parts.count > 1,
        parts[1] == .string("<") || parts[1] == .string("|")
      else { throw PickleError(.unexpected, "holds numpy values that are not little-endian") }
    case .call(let name, _) where name.hasSuffix("multiarray._reconstruct"):
      nodes[index] = .call("numpy.ndarray", [state])
    default: throw PickleError(.refused, "gives a state to what has none in a checkpoint")
    }
  }

  // ---- The stack.

  private mutating func push(_ node: PickleNode) throws(PickleError) {
    guard nodes.count < Self.mostNodes else {
      throw PickleError(.tooLarge, "has more than \(Self.mostNodes) containers")
    }
    stack.append(.node(nodes.count))
    nodes.append(node)
  }

  private func top() throws(PickleError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw damaged("takes a value from an empty stack")
    }
    return value
  }

  private mutating func pop() throws(PickleError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(_ count: Int) throws(PickleError) -> [PickleValue] {
    guard stack.count - (marks.last ?? 0) >= count else {
      throw damaged("takes a value from an empty stack")
    }
    defer { stack.removeLast(count) }
    return Array(stack.suffix(count))
  }

  private mutating func popMark() throws(PickleError) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw damaged("closes a group that was never opened") }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private func damaged(_ what: String) -> PickleError {
    PickleError(.damaged, "\(what) before byte \(cursor.offset)")
  }
}
