// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `A header that misnames the transfer syntax` {
  private static let syntaxes = [
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70",
    "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5", "1.2.3.4", "",
  ]

  /// The file with another name in its meta information, whose length is kept right.
  static func rename(_ file: Data, to uid: String) throws -> Data {
    var data = file
    let head = try #require(data.range(of: Data([0x02, 0, 0x10, 0, 0x55, 0x49])))
    let old = Int(data[head.upperBound])
    let value = Data(uid.utf8) + Data(count: uid.utf8.count % 2)
    data.replaceSubrange(
      head.upperBound..<head.upperBound + 2 + old, with: [UInt8(value.count), 0] + value)
    // The group's length is its first element, and small.
    let group = Int(data[140]) + 256 * Int(data[141]) + value.count - old
    data[140] = UInt8(group % 256)
    data[141] = UInt8(group / 256)
    return data
  }

  @Test(arguments: try Reference.files, syntaxes)
  func `never gives wrong numbers`(expected: Reference.Slice, claim: String) throws {
    let whole = try Data(contentsOf: fixture("dicom/\(expected.file)"))
    let folder = try TemporaryFolder()
    try Self.rename(whole, to: claim).write(to: folder.file("slice"))
    let hu = expected.hu.map { Int16(clamping: $0) }
    do {
      let ct = try DICOMReader.read(folder: folder.url)
      #expect(ct.volume.voxels == hu)
    } catch let error as DICOMError {
      #expect(error.detail.contains(" "), "\(error)")
    }
  }

  @Test(arguments: [
    ("rle.dcm", "1.2.840.10008.1.2.1"), ("jpeg-ls.dcm", "1.2.840.10008.1.2.4.90"),
    ("jpeg-2000.dcm", "1.2.840.10008.1.2.4.70"), ("explicit.dcm", "1.2.840.10008.1.2.5"),
    ("explicit.dcm", "1.2.840.10008.1.2.2"),
  ])
  func `is an error that says so`(file: String, claim: String) throws {
    let whole = try Data(contentsOf: fixture("dicom/\(file)"))
    let folder = try TemporaryFolder()
    try Self.rename(whole, to: claim).write(to: folder.file("slice"))
    let error = try #require(throws: DICOMError.self) { try DICOMReader.read(folder: folder.url) }
    #expect([.damaged, .noSeries].contains(error.code), "\(error)")
  }

  @Test func `of plain elements is seen through`() throws {
    for (file, claim) in [
      ("implicit.dcm", "1.2.840.10008.1.2.1"), ("explicit.dcm", "1.2.840.10008.1.2"),
    ] {
      let expected = try #require(Reference.slices.first { $0.file == file })
      let whole = try Data(contentsOf: fixture("dicom/\(file)"))
      let folder = try TemporaryFolder()
      try Self.rename(whole, to: claim).write(to: folder.file("slice"))
      #expect(
        try DICOMReader.read(folder: folder.url).volume.voxels == expected.hu.map { Int16($0) })
    }
  }
}
