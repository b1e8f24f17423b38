// SPDX-License-Identifier: Apache-2.0
import Files
import TestSupport
import Testing

@testable import NNUNet

@Suite struct `Folds of a cross-validation` {
  @Test func `of ten cases are nnU-Net's`() throws {
    let names = (0..<10).map { "case\($0)" }
    let splits = try Splits(identifiers: names.reversed())
    #expect(
      splits.folds.map(\.val) == [
        ["case0", "case7"], ["case3", "case9"], ["case4", "case6"], ["case1", "case8"],
        ["case2", "case5"],
      ])
    #expect(
      splits.folds[0].train == [
        "case1", "case2", "case3", "case4", "case5", "case6", "case8", "case9",
      ])
  }

  @Test(arguments: [5, 6, 7, 8, 9, 23, 100]) func `hold every case once`(n: Int) throws {
    let names = (0..<n).map { "c\($0)" }
    let splits = try Splits(identifiers: names)
    #expect(splits.folds.flatMap(\.val).sorted() == names.sorted())
    let sizes = splits.folds.map(\.val.count)
    #expect(sizes == (0..<5).map { n / 5 + ($0 < n % 5 ? 1 : 0) })
    for fold in splits.folds {
      #expect(fold.overlap == [])
      #expect((fold.train + fold.val).sorted() == names.sorted())
    }
  }

  @Test func `keep the slices of a subject together`() throws {
    let names = (0..<7).flatMap { s in (0..<(s + 2)).map { "subject\(s)_slice\($0)" } }
    let splits = try Splits(identifiers: names) { String($0.prefix { $0 != "_" }) }
    for fold in try nonEmpty(splits.folds) {
      let train = Set(fold.train.map { $0.prefix { $0 != "_" } })
      let val = Set(fold.val.map { $0.prefix { $0 != "_" } })
      #expect(train.isDisjoint(with: val))
      #expect(fold.train.count + fold.val.count == names.count)
    }
  }

  @Test func `of too few cases are an error`() {
    #expect(throws: NNUNetError.self) { try Splits(identifiers: ["a", "b", "c", "d"]) }
    #expect(throws: NNUNetError.self) { try Splits(identifiers: []) }
    #expect(throws: NNUNetError.self) {
      try Splits(identifiers: ["a", "b", "c", "d", "e"]) { _ in "one subject" }
    }
  }

  @Test func `are written and read, and checked against the cases`() throws {
    let folder = try TemporaryFolder()
    let names = ["a", "b", "c", "d", "e"]
    let splits = try Splits(identifiers: names)
    try splits.write(to: folder.file("splits_final.json"))
    let read = try Splits.read(from: folder.file("splits_final.json"))
    #expect(read == splits)
    #expect(try read.fold(2, identifiers: names) == splits.folds[2])
    let error = try #require(throws: NNUNetError.self) {
      try read.fold(0, identifiers: ["a", "b"])
    }
    #expect(error.detail.contains("c, d, e"))
    #expect(throws: NNUNetError.self) { try read.fold(-1, identifiers: names) }
    try StagedFile.write("[]", to: folder.file("none.json"))
    #expect(throws: NNUNetError.self) { try Splits.read(from: folder.file("none.json")) }
    try StagedFile.write("[{\"train\": 1}]", to: folder.file("odd.json"))
    #expect(throws: NNUNetError.self) { try Splits.read(from: folder.file("odd.json")) }
  }

  @Test func `past the last are a seeded split of eighty to twenty`() throws {
    let names = (0..<10).map { "c\($0)" }
    let splits = try Splits(identifiers: names)
    let fold = try splits.fold(7, identifiers: names)
    var random = MersenneTwister(seed: 12352)
    let order = random.permutation(10).map { "c\($0)" }
    #expect(fold.train == Array(order[..<8]))
    #expect(fold.val == order[8...].sorted())
    #expect(Splits.all(identifiers: ["b", "a"]) == Split(train: ["a", "b"], val: ["a", "b"]))
  }
}
