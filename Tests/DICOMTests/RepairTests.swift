// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `A gap between slices` {
  /// Slices whose pixels all hold one value in HU.
  func slices(_ positions: [Double], hu: (Double) -> Int) -> [SampleSlice] {
    positions.enumerated().map { i, z in
      SampleSlice(number: i + 1, z: z).with {
        $0.set(
          0x7FE0, 0x10, words: .init(repeating: UInt16(hu(z) + 1024), count: 20), vr: "OW")
      }
    }
  }

  func read(
    _ slices: [SampleSlice], _ options: DICOMReadOptions = .init(fillGaps: true)
  ) throws -> CTSeries {
    let folder = try TemporaryFolder()
    try folder.write(slices)
    return try DICOMReader.read(folder: folder.url, options: options)
  }

  @Test func `is filled by interpolation when asked, and the result names the slices`() throws {
    let ct = try read(slices([0, 3, 12, 15, 18, 24]) { Int(10 * $0) - 500 })
    #expect(ct.volume.extent.slices == 9)
    let expected: [Int16] = [-500, -470, -440, -410, -380, -350, -320, -290, -260]
    #expect((0..<9).map { ct.volume[$0, 2, 3] } == expected)
    #expect(ct.volume.geometry.spacing.z == 3)
    #expect(ct.notes.map(\.code) == [.filled])
    #expect(
      ct.notes[0].detail
        == "3 of 9 slices are missing and were interpolated from their neighbours: 3, 4, 8, counted "
        + "from the lowest position")
  }

  @Test func `is interpolated as any pair of values demands`() throws {
    let ct = try read(slices([0, 3, 6, 12]) { $0 == 6 ? -1024 : 2001 })
    #expect(ct.volume[3, 0, 0] == 489)
  }

  @Test func `that is none changes nothing`() throws {
    let whole = slices([0, 3.01, 6, 9]) { Int($0) }
    let (plain, filled) = (try read(whole, .init()), try read(whole))
    #expect(plain.volume.voxels == filled.volume.voxels)
    #expect(plain.volume.geometry == filled.volume.geometry)
    #expect(filled.notes == [])
  }

  @Test(arguments: [
    ([0, 3, 6, 21, 24], DICOMError.Code.gap, "between 6 and 21 mm more than 3 slices are missing"),
    ([0, 3, 6, 10.5, 13.5], .unevenSpacing, "the distances between slices run from 3 to 4.5 mm"),
    ([0, 3, 3, 9], .duplicatePosition, "1 of 4 slices repeat a position"),
    ([0, 3, 4, 7, 10], .unevenSpacing, "the distances between slices run from 1 to 3 mm"),
  ])
  func `that cannot be filled is refused`(
    positions: [Double], code: DICOMError.Code, says: String
  ) throws {
    let error = try #require(throws: DICOMError.self) { try read(slices(positions) { _ in 0 }) }
    #expect(error.code == code)
    #expect(error.detail.contains(says), "\(error)")
  }
}

@Suite struct `Truncated pixels` {
  func read(_ slices: [Data], allow: Bool = true) throws -> CTSeries {
    let folder = try TemporaryFolder()
    for (i, slice) in slices.enumerated() { try slice.write(to: folder.file("\(i)")) }
    return try DICOMReader.read(folder: folder.url, options: .init(allowTruncated: allow))
  }

  @Test func `become air when asked, and the result counts the bytes`() throws {
    let whole = (0..<3).map { SampleSlice(number: $0, z: Double($0) * 3).data }
    // An odd number of bytes: half a pixel is no pixel.
    let ct = try read([whole[0], whole[1].dropLast(13), whole[2]])
    let values = (0..<20).map { Int16($0 - 1024) }
    #expect(Array(ct.volume.slice(0)) == values)
    let cut: [Int16] = values[..<13] + Array(repeating: -1024, count: 7)
    #expect(Array(ct.volume.slice(1)) == cut)
    #expect(Array(ct.volume.slice(2)) == values)
    #expect(ct.notes.map(\.code) == [.truncated])
    #expect(
      ct.notes[0].detail
        == "13 bytes of the pixels missing, 7 voxels set to -1024 HU, in the slices 2, "
        + "counted from the lowest position")
    let error = try #require(throws: DICOMError.self) {
      try read([whole[0], whole[1].dropLast(13), whole[2]], allow: false)
    }
    #expect(error.code == .truncated)
    #expect(error.detail.contains("13 bytes of its pixels are missing"))
  }

  @Test(arguments: ["jpeg-ls.dcm", "rle.dcm", "jpeg-2000.dcm", "lossless-jpeg.dcm"])
  func `that were compressed tell the missing bytes and become a slice of air`(name: String) throws
  {
    let data = try Data(contentsOf: fixture("dicom/\(name)"))
    let ct = try read([data.dropLast(28)])
    #expect(Set(ct.volume.voxels) == [-1024])
    #expect(ct.notes.first?.detail.hasPrefix("20 bytes of the pixels missing") == true)
    let error = try #require(throws: DICOMError.self) {
      try read([data.dropLast(28)], allow: false)
    }
    #expect(error.code == .truncated)
    #expect(error.detail.contains("20 bytes of its pixels are missing"))
  }

  @Test func `of a multi-frame file spare the frames before`() throws {
    let expected = try ArchiveFile.named("enhanced.dcm")
    let data = try Data(contentsOf: expected.url)
    let ct = try read([data.dropLast(96 + 10)])
    // The last two frames in the file are the slices 3 and 2.
    let hu = expected.hu.map { Int16($0) }
    let count = 48
    for z in [0, 3, 4] {
      let whole = Array(hu[z * count..<(z + 1) * count])
      #expect(Array(ct.volume.slice(z)) == whole)
    }
    #expect(Set(ct.volume.slice(1)) == [-1024])
    let cut: [Int16] = hu[96..<139] + Array(repeating: -1024, count: 5)
    #expect(Array(ct.volume.slice(2)) == cut)
    #expect(
      ct.notes.first?.detail.hasPrefix(
        "106 bytes of the pixels missing, 53 voxels set to -1024 HU, in the slices 2, 3")
        == true)
  }

  @Test func `of a file that cannot be read at all refuse the series, or are noted`() throws {
    let whole = (0..<4).map { SampleSlice(number: $0, z: Double($0) * 3).data }
    // The file at the end of the stack, which no gap betrays.
    let slices = [whole[0], whole[1], whole[2], whole[3].prefix(200)]
    let error = try #require(throws: DICOMError.self) { try read(slices, allow: false) }
    #expect(error.code == .damaged)
    #expect(error.subject.hasSuffix("/3"))
    #expect(error.detail.contains("1 of the files beside series 1.2.3 cannot be read"))
    let ct = try read(slices)
    #expect(ct.volume.extent.slices == 3)
    #expect(ct.notes.map(\.code) == [.unreadable])
  }
}
