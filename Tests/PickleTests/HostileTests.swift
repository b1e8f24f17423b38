// SPDX-License-Identifier: Apache-2.0
import Pickle
import Testing

/// The bytes of a pickle, written as text with `\u{..}` for the others.
private func bytes(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

@Suite struct `A hostile pickle` {
  static let commands: [(String, String)] = [
    // os.system by the instruction that names functions by lines.
    ("posix.system", "\u{80}\u{2}cposix\nsystem\nX\u{4}\0\0\0echo\u{85}R."),
    ("os.system", "\u{80}\u{2}cos\nsystem\n(X\u{4}\0\0\0echotR."),
    // By the one that takes the names from the stack.
    ("os.system", "\u{80}\u{4}\u{8c}\u{2}os\u{8c}\u{6}system\u{93}\u{8c}\u{4}echo\u{85}R."),
    ("builtins.eval", "\u{80}\u{4}\u{8c}\u{8}builtins\u{8c}\u{4}eval\u{93}\u{8c}\u{1}1\u{85}R."),
    // Names that begin like allowed ones.
    ("torch.load", "\u{80}\u{2}ctorch\nload\nX\u{1}\0\0\0x\u{85}R."),
    ("collections.OrderedDict.x", "\u{80}\u{2}ccollections\nOrderedDict.x\n)R."),
    ("numpy.load", "\u{80}\u{2}cnumpy\nload\n)R."),
    // As a new object.
    ("subprocess.Popen", "\u{80}\u{2}csubprocess\nPopen\n)\u{81}."),
  ]

  @Test(arguments: commands)
  func `is refused by the name that it calls`(name: String, text: String) throws {
    let error = try #require(throws: PickleError.self) { try Unpickler.read(bytes(text)) }
    #expect(error.code == .refused)
    #expect(error.detail.contains(name))
    #expect(!error.detail.contains("\n"))
  }

  static let others: [(PickleError.Code, String)] = [
    // A call of what an allowed call gave, of a text, of a class that is only named.
    (.refused, "\u{80}\u{2}ccollections\nOrderedDict\n)R)R."),
    (.refused, "\u{80}\u{2}X\u{1}\0\0\0x)R."),
    (.refused, "\u{80}\u{2}ctorch\nFloatStorage\n)R."),
    (.unexpected, "\u{80}\u{2}ccollections\nOrderedDict\nK\u{1}\u{85}R."),
    // Instructions of other protocols: INST, OBJ, EXT1, PERSID, NEWOBJ_EX.
    (.refused, "\u{80}\u{2}(ios\nsystem\n."), (.refused, "\u{80}\u{2}(o."),
    (.refused, "\u{80}\u{2}\u{82}\u{1}."), (.refused, "\u{80}\u{2}Pid\n."),
    (.refused, "\u{80}\u{4})}\u{92}."), (.refused, "\u{80}\u{1}N."), (.refused, "\u{80}\u{9}N."),
    // A state for what has none.
    (.refused, "\u{80}\u{2}]}b."), (.damaged, "\u{80}\u{2}K\u{1}}b."),
    // Empty stacks, groups that were never opened, values left behind.
    (.damaged, "\u{80}\u{2}."), (.damaged, "\u{80}\u{2}a."), (.damaged, "\u{80}\u{2}t."),
    (.damaged, "\u{80}\u{2}NN."), (.damaged, "\u{80}\u{2}(N."), (.damaged, "\u{80}\u{2}N(0."),
    (.damaged, "\u{80}\u{2}\u{87}."), (.damaged, "\u{80}\u{2}]K\u{1}s."),
    (.damaged, "\u{80}\u{2}K\u{1}K\u{2}a."), (.damaged, "\u{80}\u{2}}(K\u{1}u."),
    // The memo.
    (.damaged, "\u{80}\u{2}h\u{7}."), (.damaged, "\u{80}\u{2}j\u{ff}\u{ff}\u{ff}\u{ff}."),
    (.damaged, "\u{80}\u{2}q\u{0}."),
    // Lengths past the end, and beyond what an Int holds.
    (.damaged, ""), (.damaged, "\u{80}"), (.damaged, "\u{80}\u{2}X\u{ff}\u{ff}\u{ff}\u{7f}a"),
    (.damaged, "\u{80}\u{4}\u{8d}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}\u{ff}a"),
    (.damaged, "\u{80}\u{4}\u{8e}\0\0\0\0\0\0\0\u{80}a"), (.damaged, "\u{80}\u{2}cos\nsystem"),
    (.damaged, "\u{80}\u{2}X\u{1}\0\0\0\u{ff}."),
    (.damaged, "\u{80}\u{2}\u{8b}\u{ff}\u{ff}\u{ff}\u{ff}."),
    (.unexpected, "\u{80}\u{2}\u{8a}\u{9}\0\0\0\0\0\0\0\0\u{1}."),
  ]

  @Test(arguments: others)
  func `that breaks the machine's rules is an error`(code: PickleError.Code, text: String) throws {
    let error = try #require(throws: PickleError.self) { try Unpickler.read(bytes(text)) }
    #expect(error.code == code, "\(error)")
  }

  @Test func `may nest a million deep without harm`() throws {
    let depth = 1_000_000
    let lists =
      [0x80, 2] + [UInt8](repeating: UInt8(ascii: "]"), count: depth)
      + [UInt8](repeating: UInt8(ascii: "a"), count: depth - 1) + [UInt8(ascii: ".")]
    let tuples =
      [0x80, 2, UInt8(ascii: ")")] + [UInt8](repeating: 0x85, count: depth) + [UInt8(ascii: ".")]
    for pickle in [lists, tuples] {
      let tree = try Unpickler.read(pickle)
      #expect(tree.elements(tree.root)?.count == 1)
    }
  }

  @Test func `may hold itself`() throws {
    // x = []; x.append(x)
    let tree = try Unpickler.read(bytes("\u{80}\u{2}]q\u{0}h\u{0}a."))
    #expect(tree.elements(tree.root) == [tree.root])
  }

  @Test func `cannot fill the memory with containers or its memo`() throws {
    let containers = [0x80, 2] + [UInt8](repeating: UInt8(ascii: "]"), count: 5_000_000)
    #expect(throws: PickleError.self) { try Unpickler.read(containers) }
    let far = try Unpickler.read(bytes("\u{80}\u{2}Nr\u{ff}\u{ff}\u{ff}\u{ff}."))
    #expect(far.root == .none)
  }

  @Test func `cut at any byte or with any byte changed ends in a value or an error`() throws {
    let whole = Pickler.data(
      .object([
        ("a", .list([.int(1), .double(2.5), .string("ü")])), ("b", .ordered([("c", .none)])),
        ("d", .tuple([.bool(true), .int(1 << 40), .persistent(.string("0"))])),
      ]))
    for length in 0..<whole.count {
      #expect(throws: PickleError.self) { try Unpickler.read(Array(whole.prefix(length))) }
    }
    for place in whole.indices {
      for value in UInt8.min...UInt8.max {
        var changed = whole
        changed[place] = value
        _ = try? Unpickler.read(changed)
      }
    }
  }
}
