// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `A value in another representation than the standard's` {
  static let changes: [(String, @Sendable (inout SampleSlice) -> Void)] = [
    ("intercept FD", { $0.set(0x28, 0x1052, "FD", binary: [-1024.0]) }),
    ("intercept FL", { $0.set(0x28, 0x1052, "FL", binary: [Float(-1024)]) }),
    ("intercept SS", { $0.set(0x28, 0x1052, "SS", binary: [Int16(-1024)]) }),
    ("intercept SL", { $0.set(0x28, 0x1052, "SL", binary: [Int32(-1024)]) }),
    ("intercept SV", { $0.set(0x28, 0x1052, "SV", binary: [Int64(-1024)]) }),
    ("intercept IS", { $0.set(0x28, 0x1052, "IS", "-1024") }),
    ("slope US", { $0.set(0x28, 0x1053, words: [1]) }),
    ("slope FD", { $0.set(0x28, 0x1053, "FD", binary: [1.0]) }),
    (
      "rows and columns IS",
      {
        $0.set(0x28, 0x10, "IS", "4"); $0.set(0x28, 0x11, "IS", "5")
      }
    ),
    ("rows UL", { $0.set(0x28, 0x10, "UL", binary: [UInt32(4)]) }),
    ("columns UV", { $0.set(0x28, 0x11, "UV", binary: [UInt64(5)]) }),
    ("columns DS", { $0.set(0x28, 0x11, "DS", "5.0") }),
    (
      "bits IS",
      {
        $0.set(0x28, 0x100, "IS", "16"); $0.set(0x28, 0x101, "IS", "12")
      }
    ),
    ("spacing FD", { $0.set(0x28, 0x30, "FD", binary: [0.5, 0.4]) }),
    ("position FD", { $0.set(0x20, 0x32, "FD", binary: [0.0, 0, 7]) }),
    ("thickness UL", { $0.set(0x18, 0x50, "UL", binary: [UInt32(3)]) }),
    ("number SL", { $0.set(0x20, 0x13, "SL", binary: [Int32(6)]) }),
    ("samples UL", { $0.set(0x28, 0x02, "UL", binary: [UInt32(1)]) }),
  ]

  @Test(arguments: changes)
  func `is read as the number that it is`(
    name: String, change: @Sendable (inout SampleSlice) -> Void
  ) throws {
    let folder = try TemporaryFolder()
    let plain = SampleSlice(number: 6, z: 7)
    try folder.write([plain])
    let expected = try DICOMReader.read(folder: folder.url)
    try FileManager.default.removeItem(at: folder.file("0"))
    try folder.write([plain.with(change)])
    let catalogue = try DICOMCatalogue.scan(folder.url)
    let ct = try DICOMReader.read(catalogue.oneSeries(), of: catalogue)
    #expect(ct.volume.voxels == expected.volume.voxels, "\(name)")
    #expect(ct.volume.geometry == expected.volume.geometry)
    #expect(ct.acquisition == expected.acquisition)
    #expect(catalogue.series[0].files[0].instanceNumber == 6)
  }

  @Test func `is read as padding, negative or not`() throws {
    let changes: [(inout SampleSlice) -> Void] = [
      { $0.set(0x28, 0x120, "IS", "-2000") },
      { $0.set(0x28, 0x120, "SL", binary: [Int32(-2000)]) },
      { $0.set(0x28, 0x120, "FD", binary: [-2000.0]) },
    ]
    for change in changes {
      let folder = try TemporaryFolder()
      let slice = SampleSlice().with {
        $0.set(0x28, 0x101, words: [16])
        $0.set(0x28, 0x102, words: [15])
        $0.set(0x28, 0x103, words: [1])
        let words = [UInt16(bitPattern: -2000), 1100] + Array(repeating: UInt16(0), count: 18)
        $0.set(0x7FE0, 0x10, words: words, vr: "OW")
        change(&$0)
      }
      try folder.write([slice])
      let ct = try DICOMReader.read(folder: folder.url)
      #expect(Array(ct.volume.voxels[..<3]) == [-1024, 76, -1024])
    }
  }

  @Test(arguments: [
    ("FD", Data([0, 0, 0, 0, 0, 0, 0x12, 0x40])), ("LO", Data("four".utf8)),
    ("UL", Data([4, 0, 1, 0])), ("UL", Data([4, 0])),
  ])
  func `that is no number of rows is refused as such`(vr: String, bytes: Data) throws {
    let folder = try TemporaryFolder()
    try folder.write([SampleSlice().with { $0.set(0x28, 0x10, vr, binary: Array(bytes)) }])
    let error = try #require(throws: DICOMError.self) { try DICOMReader.read(folder: folder.url) }
    #expect(error.detail.contains("lacks the number of rows or columns"), "\(error)")
  }
}
