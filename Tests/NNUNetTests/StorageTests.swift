// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing
import Volume

@testable import NNUNet

private func example(largest: Int16 = 3, labelled: Bool = true) -> PreprocessedCase {
  var random = SplitMix64(seed: 5)
  let shape = [4, 6, 5]
  let count = 120
  return PreprocessedCase(
    name: "case é", channels: 2, shape: shape,
    data: (0..<2 * count).map { _ in Float.random(in: -3...3, using: &random) },
    labels: labelled
      ? (0..<count).map { _ in Int16.random(in: -1...largest, using: &random) } : nil,
    properties: CaseProperties(
      geometry: Geometry(
        extent: Extent(slices: 4, rows: 6, columns: 5), spacing: [0.5, 0.5, 3],
        origin: [-10, 20.5, 7]),
      spacing: [3, 0.5, 0.5], shapeBeforeCropping: shape, boundingBox: [[0, 4], [0, 6], [0, 5]],
      shapeAfterCropping: shape),
    classLocations: labelled
      ? [
        ClassLocations(values: [1], voxels: [0, 1, 2, 3, 5, 4]),
        ClassLocations(values: [2, 3], voxels: []),
      ] : [])
}

@Suite struct `A stored case` {
  @Test(arguments: [(3, true), (1000, true), (3, false)] as [(Int16, Bool)])
  func `comes back unchanged`(largest: Int16, labelled: Bool) throws {
    let folder = try TemporaryFolder()
    let cases = CaseFolder(folder.url)
    let written = example(largest: largest, labelled: labelled)
    try cases.write(written)
    #expect(try cases.names() == ["case é"])
    let stored = try cases.open("case é")
    try stored.verify()
    #expect(stored.load() == written)
    #expect(stored.hasLabels == labelled)
    #expect(folder.allNames == ["case é.case"])
  }

  @Test func `is read patch by patch, padded outside`() throws {
    let folder = try TemporaryFolder()
    let cases = CaseFolder(folder.url)
    let whole = example()
    try cases.write(whole)
    let stored = try cases.open(whole.name)
    let labels = try #require(whole.labels)
    var random = SplitMix64(seed: 9)
    for _ in 0..<200 {
      let start = (0..<3).map { _ in Int.random(in: -9...9, using: &random) }
      let size = (0..<3).map { _ in Int.random(in: 1...8, using: &random) }
      let patch = stored.patch(start: start, size: size)
      var i = 0
      for c in 0..<2 {
        for z in start[0]..<start[0] + size[0] {
          for y in start[1]..<start[1] + size[1] {
            for x in start[2]..<start[2] + size[2] {
              let inside =
                (0..<4).contains(z) && (0..<6).contains(y) && (0..<5).contains(x)
              let at = (z * 6 + y) * 5 + x
              let expected = inside ? whole.data[c * 120 + at] : 0
              if patch.data[i] != expected { Issue.record("data at \(z) \(y) \(x)") }
              if c == 0, patch.labels?[i] != (inside ? labels[at] : -1) {
                Issue.record("label at \(z) \(y) \(x)")
              }
              i += 1
            }
          }
        }
      }
      #expect(i == patch.data.count)
    }
  }

  @Test func `that was cut anywhere is an error`() throws {
    let folder = try TemporaryFolder()
    let cases = CaseFolder(folder.url)
    try cases.write(example())
    let bytes = try Data(contentsOf: cases.file(of: "case é"))
    for length in Array(0..<80) + stride(from: 80, to: bytes.count, by: 37) {
      try bytes.prefix(length).write(to: folder.file("cut.case"))
      #expect(throws: NNUNetError.self) { try cases.open("cut") }
    }
    try (bytes + Data([0])).write(to: folder.file("cut.case"))
    #expect(throws: NNUNetError.self) { try cases.open("cut") }
    #expect(throws: NNUNetError.self) { try cases.open("absent") }
  }

  @Test func `with changed bytes is refused or found by its checksum, never a crash`() throws {
    let folder = try TemporaryFolder()
    let cases = CaseFolder(folder.url)
    try cases.write(example())
    let good = try Data(contentsOf: cases.file(of: "case é"))
    var random = SplitMix64(seed: 12)
    var found = 0
    for _ in 0..<400 {
      var bytes = good
      let at = Int.random(in: 0..<bytes.count, using: &random)
      bytes[at] ^= UInt8.random(in: 1...255, using: &random)
      try bytes.write(to: folder.file("bad.case"))
      guard let stored = try? cases.open("bad") else {
        found += 1
        continue
      }
      _ = stored.patch(start: [-1, -1, -1], size: [6, 8, 7])
      if (try? stored.verify()) == nil { found += 1 }
    }
    // What stays unseen are digits of the header that still read as numbers, and padding.
    #expect(found > 300)
  }

  @Test(arguments: [
    ("[4,6,5]", "[4,6,9223372036854775807]"), ("[4,6,5]", "[-4,6,5]"), ("[4,6,5]", "[4,6]"),
    ("\"count\":2", "\"count\":9223372036854775807"), ("\"count\":2", "\"count\":-2"),
    ("\"channels\":2", "\"channels\":4611686018427387904"),
    ("\"labelBytes\":1", "\"labelBytes\":9"),
  ]) func `with an absurd header is an error`(old: String, new: String) throws {
    let folder = try TemporaryFolder()
    let cases = CaseFolder(folder.url)
    try cases.write(example())
    let bytes = try Data(contentsOf: cases.file(of: "case é"))
    let length = Int(bytes[8]) + Int(bytes[9]) << 8
    let header = String(decoding: bytes[16..<16 + length], as: UTF8.self)
    let changed = header.replacingOccurrences(of: old, with: new)
    try #require(changed != header)
    var file = Data(bytes[..<8])
    withUnsafeBytes(of: UInt64(changed.utf8.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(Data(changed.utf8))
    file.append(Data(count: (64 - file.count % 64) % 64))
    file.append(bytes[((16 + length + 63) / 64 * 64)...])
    try file.write(to: folder.file("odd.case"))
    #expect(throws: NNUNetError.self) { try cases.open("odd") }
  }

  @Test func `of the first version is no damage, but has to be preprocessed again`() throws {
    let folder = try TemporaryFolder()
    let cases = CaseFolder(folder.url)
    try cases.write(example())
    var bytes = try Data(contentsOf: cases.file(of: "case é"))
    bytes.replaceSubrange(0..<8, with: Data("CACCASE1".utf8))
    try bytes.write(to: folder.file("old.case"))
    let error = try #require(throws: NNUNetError.self) { try cases.open("old") }
    #expect(error.detail == "was written by an earlier version; run the preprocessing again")
  }

  @Test func `is summed by the CRC-32 of gzip, whatever its parts are`() {
    let text = Array("123456789".utf8)
    text.withUnsafeBytes { bytes in
      #expect(CaseFile.checksum([bytes]) == "cbf43926")
      let parts = [
        UnsafeRawBufferPointer(rebasing: bytes[..<4]), UnsafeRawBufferPointer(start: nil, count: 0),
        UnsafeRawBufferPointer(rebasing: bytes[4...]),
      ]
      #expect(CaseFile.checksum(parts) == "cbf43926")
    }
    #expect(CaseFile.checksum([]) == "00000000")
  }

  @Test func `with a length of header beyond all bounds is an error`() throws {
    let folder = try TemporaryFolder()
    for length in [UInt64.max, UInt64(Int64.max), 1 << 40, 17] {
      var file = Data("CACCASE2".utf8)
      withUnsafeBytes(of: length.littleEndian) { file.append(contentsOf: $0) }
      file.append(Data(count: 16))
      try file.write(to: folder.file("odd.case"))
      #expect(throws: NNUNetError.self) { try CaseFolder(folder.url).open("odd") }
    }
  }
}
