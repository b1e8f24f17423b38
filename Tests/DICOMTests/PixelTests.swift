// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `The pixels of a slice` {
  func read(
    _ options: DICOMReadOptions = .init(), _ change: (inout SampleSlice) -> Void
  ) throws -> CTSeries {
    let folder = try TemporaryFolder()
    try folder.write([SampleSlice().with(change)])
    return try DICOMReader.read(folder: folder.url, options: options)
  }

  func words(_ first: [UInt16]) -> [UInt16] { first + Array(repeating: 0, count: 20 - first.count) }

  @Test func `ignore bits beside the stored ones`() throws {
    let ct = try read { $0.set(0x7FE0, 0x10, words: words([0xF000, 0x8FFF]), vr: "OW") }
    #expect(Array(ct.volume.voxels[..<3]) == [-1024, 3071, -1024])
    // A value in the upper twelve bits of the word.
    let high = try read {
      $0.set(0x28, 0x102, words: [15])
      $0.set(0x7FE0, 0x10, words: words([0x0013, 0xFFF0]), vr: "OW")
    }
    #expect(Array(high.volume.voxels[..<2]) == [1 - 1024, 3071])
  }

  @Test func `extend the sign from the highest stored bit`() throws {
    let ct = try read {
      $0.set(0x28, 0x103, words: [1])
      $0.set(0x28, 0x1052, "DS", "0")
      $0.set(0x7FE0, 0x10, words: words([0x0FFF, 0x0800, 0x07FF]), vr: "OW")
    }
    #expect(Array(ct.volume.voxels[..<3]) == [-1, -2048, 2047])
  }

  @Test func `without data become air and are counted`() throws {
    let ct = try read {
      $0.set(0x28, 0x101, words: [16])
      $0.set(0x28, 0x102, words: [15])
      $0.set(0x28, 0x103, words: [1])
      $0.set(0x28, 0x120, words: [UInt16(bitPattern: -2000)], vr: "SS")
      $0.set(0x7FE0, 0x10, words: words([UInt16(bitPattern: -2000), 1100]), vr: "OW")
    }
    #expect(Array(ct.volume.voxels[..<3]) == [-1024, 76, -1024])
    #expect(ct.notes.map(\.detail)[0] == "1 voxel without data set to -1024 HU")
    let range = try read {
      $0.set(0x28, 0x120, words: [4000])
      $0.set(0x28, 0x121, words: [4095])
      $0.set(0x7FE0, 0x10, words: words([3999, 4000, 4050, 4095]), vr: "OW")
    }
    #expect(Array(range.volume.voxels[..<4]) == [2975, -1024, -1024, -1024])
  }

  @Test func `beyond sixteen bits are cut and counted`() throws {
    let ct = try read {
      $0.set(0x28, 0x1053, "DS", "100")
      $0.set(0x7FE0, 0x10, words: words([4095, 337, 338]), vr: "OW")
    }
    #expect(Array(ct.volume.voxels[..<3]) == [32767, 32676, 32767])
    #expect(ct.notes.map(\.code) == [.clamped, .singleSlice])
    #expect(ct.notes[0].detail.hasPrefix("2 voxels beyond 16 bits"))
  }

  @Test func `are rescaled by each slice's own slope and intercept`() throws {
    let folder = try TemporaryFolder()
    let full = Array(repeating: UInt16(1000), count: 20)
    try folder.write([
      SampleSlice(number: 1, z: 0).with { $0.set(0x7FE0, 0x10, words: full, vr: "OW") },
      SampleSlice(number: 2, z: 3).with {
        $0.set(0x7FE0, 0x10, words: full, vr: "OW")
        $0.set(0x28, 0x1053, "DS", "0.5")
        $0.set(0x28, 0x1052, "DS", "-100.6")
      },
    ])
    let ct = try DICOMReader.read(folder: folder.url)
    #expect(ct.volume[0, 0, 0] == -24)
    #expect(ct.volume[1, 0, 0] == 399)
  }

  @Test(arguments: [0x1052, 0x1053] as [UInt16])
  func `without slope or intercept are no Hounsfield units`(element: UInt16) throws {
    let error = try #require(throws: DICOMError.self) { try read { $0.remove(0x28, element) } }
    #expect(error.code == .noRescale)
    #expect(error.detail.hasPrefix("has no RescaleSlope and RescaleIntercept"))
    let given = try read(.init(rescaleWhenMissing: Rescale(slope: 2, intercept: -1000))) {
      $0.remove(0x28, element)
    }
    #expect(given.volume[0, 0, 1] == -998)
    #expect(given.notes.map(\.code) == [.singleSlice, .assumedRescale])
  }

  @Test func `that are fewer than rows times columns are an error with the missing bytes`() throws {
    let short = try #require(throws: DICOMError.self) {
      try read { $0.set(0x7FE0, 0x10, words: Array(repeating: 0, count: 17), vr: "OW") }
    }
    #expect(short.code == .truncated)
    #expect(
      short.detail
        == "is truncated: 6 bytes of its pixels are missing; copy or export it again, or set them to "
        + "air by --allow-truncated")
    #expect(short.subject.hasSuffix("/0"))

    let folder = try TemporaryFolder()
    try SampleSlice().data.dropLast(13).write(to: folder.file("cut"))
    let series = try DICOMCatalogue.scan(folder.url).oneSeries()
    #expect(series.files[0].missingByteCount == 13)
    let cut = try #require(throws: DICOMError.self) { try DICOMReader.read(series) }
    #expect(cut.detail.hasPrefix("is truncated: 13 bytes of its pixels are missing"))
  }

  @Test func `that changed since the folder was looked through are an error`() throws {
    let folder = try TemporaryFolder()
    try folder.write([SampleSlice()])
    let series = try DICOMCatalogue.scan(folder.url).oneSeries()
    try (SampleSlice().data + Data([0, 0])).write(to: folder.file("0"))
    let error = try #require(throws: DICOMError.self) { try DICOMReader.read(series) }
    #expect(error.code == .changed)
    try FileManager.default.removeItem(at: folder.file("0"))
    #expect(throws: (any Error).self) { try DICOMReader.read(series) }
  }

  @Test func `of lossy compression say so`() throws {
    let folder = try TemporaryFolder()
    // The lossless stream is valid in the syntax that permits loss; the identifiers are as long.
    var data = try Data(contentsOf: fixture("dicom/jpeg-2000.dcm"))
    let syntax = try #require(data.range(of: Data("1.2.840.10008.1.2.4.90".utf8)))
    data.replaceSubrange(syntax, with: Data("1.2.840.10008.1.2.4.91".utf8))
    try data.write(to: folder.file("0"))
    #expect(try DICOMReader.read(folder: folder.url).notes.map(\.code) == [.lossy, .singleSlice])
  }
}

@Suite struct `Damaged DICOM files` {
  /// Looks through a folder with one file and reads what it finds; any error is fine, a crash not.
  func survive(_ data: Data, in folder: TemporaryFolder) throws -> Bool {
    try data.write(to: folder.file("x"))
    do {
      let ct = try DICOMReader.read(folder: folder.url)
      #expect(ct.volume.voxels.count == ct.volume.extent.count)
      return true
    } catch is DICOMError {
      return false
    }
  }

  @Test(arguments: ["sequences-1.dcm", "big-endian.dcm", "jpeg-ls.dcm"])
  func `cut anywhere are an error`(name: String) throws {
    let whole = try Data(contentsOf: fixture("dicom/\(name)"))
    let folder = try TemporaryFolder()
    #expect(try survive(whole, in: folder))
    for count in stride(from: 0, to: whole.count, by: 3) {
      #expect(try !survive(whole.prefix(count), in: folder), "cut at \(count)")
    }
  }

  @Test(arguments: ["sequences-1.dcm", "sequences-2.dcm", "big-endian.dcm"])
  func `with random faults never crash`(name: String) throws {
    let whole = try Data(contentsOf: fixture("dicom/\(name)"))
    let folder = try TemporaryFolder()
    var random = SplitMix64(seed: 3)
    var read = 0
    for _ in 0..<250 {
      var data = whole
      for _ in 0...Int.random(in: 0...4, using: &random) {
        data[Int.random(in: 132..<whole.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      read += try survive(data, in: folder) ? 1 : 0
    }
    #expect(read > 20)
    #expect(read < 250)
  }

  /// GDCM's decoders end by a signal on some of these; they run in a process of their own.
  @Test(arguments: ["rle.dcm", "jpeg-ls.dcm", "jpeg-2000.dcm", "lossless-jpeg.dcm"])
  func `with random faults in compressed pixels never crash`(name: String) throws {
    let whole = try Data(contentsOf: fixture("dicom/\(name)"))
    let folder = try TemporaryFolder()
    var random = SplitMix64(seed: 3)
    // Behind the element's header lies the item with the table of offsets.
    let pixels =
      try #require(whole.range(of: Data([0xE0, 0x7F, 0x10, 0x00, 0x4F]))).upperBound + 16
    var refused = 0
    for _ in 0..<50 {
      var data = whole
      for _ in 0...Int.random(in: 0...4, using: &random) {
        data[Int.random(in: pixels..<whole.count - 8, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      refused += try survive(data, in: folder) ? 0 : 1
    }
    #expect(refused > 0)
  }
}
