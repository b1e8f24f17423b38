// SPDX-License-Identifier: Apache-2.0
import Pickle
import Testing

@Suite struct `A pickle` {
  @Test func `gives back what was written`() throws {
    let tree = try Unpickler.read(
      Pickler.data(
        .object([
          ("numbers", .list([.int(0), .int(-1), .int(.max), .int(.min), .int(70_000)])),
          ("axes", .tuple([.int(0), .int(1)])), ("nothing", .none), ("yes", .bool(true)),
          ("text", .string("Größe\n")), ("half", .double(-0.5)), ("empty", .list([])),
          ("ordered", .ordered([("z", .int(1)), ("a", .int(2))])),
          ("storage", .persistent(.tuple([.string("storage"), .global("torch", "HalfStorage")]))),
        ])))
    #expect(
      tree.ints(tree.member("numbers", of: tree.root)) == [0, -1, .max, .min, 70_000])
    #expect(tree.ints(tree.member("axes", of: tree.root)) == [0, 1])
    #expect(tree.member("nothing", of: tree.root) == PickleValue.none)
    #expect(tree.member("yes", of: tree.root) == .bool(true))
    #expect(tree.string(tree.member("text", of: tree.root)) == "Größe\n")
    #expect(tree.number(tree.member("half", of: tree.root)) == -0.5)
    #expect(tree.elements(tree.member("empty", of: tree.root)) == [])
    let ordered = try #require(tree.entries(tree.member("ordered", of: tree.root)))
    #expect(ordered.map(\.key) == [.string("z"), .string("a")])
    guard case .persistent(let id) = tree.node(tree.member("storage", of: tree.root)) else {
      Issue.record("no reference")
      return
    }
    #expect(tree.node(tree.elements(id)?.last) == .global("torch.HalfStorage"))
    #expect(tree.member("absent", of: tree.root) == nil)
  }

  /// What Python 3.11 with numpy 2 wrote for pickle.dumps([np.float64(0.1), np.float32(1.5),
  /// np.int64(-3)], protocol), in hexadecimal.
  static let scalars: [String] = [numpyProtocol2, numpyProtocol4]

  @Test(arguments: scalars)
  func `holds numpy's scalars, as nnU-Net's logs do`(hex: String) throws {
    let tree = try Unpickler.read(try unhex(hex))
    let numbers = try #require(tree.elements(tree.root)).map { tree.number($0) }
    #expect(numbers == [0.1, 1.5, -3])
  }
}

private func unhex(_ text: String) throws -> [UInt8] {
  let digits = Array(text)
  return try stride(from: 0, to: digits.count, by: 2).map {
    try #require(UInt8(String(digits[$0...$0 + 1]), radix: 16))
  }
}

private let numpyProtocol2 =
  "80025d710028636e756d70792e5f636f72652e6d756c746961727261790a7363616c61720a710163"
  + "6e756d70790a64747970650a71025802000000663871038988877104527105284b0358010000003c"
  + "71064e4e4e4affffffff4affffffff4b0074710762635f636f646563730a656e636f64650a710858"
  + "0f000000c29ac299c299c299c299c299c2b93f710958060000006c6174696e31710a86710b52710c"
  + "86710d52710e6801680258020000006634710f8988877110527111284b0368064e4e4e4affffffff"
  + "4affffffff4b0074711262680858050000000000c3803f7113680a86711452711586711652711768"
  + "016802580200000069387118898887711952711a284b0368064e4e4e4affffffff4affffffff4b00"
  + "74711b6268085810000000c3bdc3bfc3bfc3bfc3bfc3bfc3bfc3bf711c680a86711d52711e86711f"
  + "527120652e"

private let numpyProtocol4 =
  "800495d4000000000000005d94288c166e756d70792e5f636f72652e6d756c74696172726179948c"
  + "067363616c61729493948c056e756d7079948c0564747970659493948c0266389489888794529428"
  + "4b038c013c944e4e4e4affffffff4affffffff4b0074946243089a9999999999b93f948694529468"
  + "0368068c02663494898887945294284b03680a4e4e4e4affffffff4affffffff4b00749462430400"
  + "00c03f9486945294680368068c02693894898887945294284b03680a4e4e4e4affffffff4affffff"
  + "ff4b007494624308fdffffffffffffff9486945294652e"
