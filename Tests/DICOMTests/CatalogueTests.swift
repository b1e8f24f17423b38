// SPDX-License-Identifier: Apache-2.0
import DICOM
import Files
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `A folder of DICOM files` {
  @Test func `is searched whatever its shape and its names`() throws {
    let folder = try TemporaryFolder()
    let places = ["Pro_Gated_CS_3.0_I30f_3_70%/IM 1", "a/b/c/2.dcm", "%20/ü", "4"]
    for (i, place) in places.enumerated() {
      let url = folder.file(place)
      try Folder.create(url.deletingLastPathComponent())
      try SampleSlice(number: i, z: Double(i) * 3).data.write(to: url)
    }
    try Data([0, 0, 0, 1]).write(to: folder.file("a/.DS_Store"))
    try FileManager.default.createSymbolicLink(
      at: folder.file("a/b/circle"), withDestinationURL: folder.file("a"))
    var counts: [Int] = []
    let catalogue = try DICOMCatalogue.scan(folder.url) { counts.append($0) }
    #expect(try catalogue.oneSeries().files.map(\.position) == [0, 3, 6, 9])
    #expect(catalogue.skipped == [])
    #expect(counts == [1, 2, 3, 4])
  }

  @Test(arguments: Spoilt.all)
  func `names each file that is no slice and why`(spoilt: Spoilt) throws {
    let folder = try TemporaryFolder()
    try spoilt.data.write(to: folder.file("odd"))
    let catalogue = try DICOMCatalogue.scan(folder.url)
    #expect(catalogue.series == [])
    #expect(catalogue.skipped.map(\.code) == [spoilt.code])
    #expect(catalogue.skipped.map(\.reason) == [spoilt.reason])
    let error = try #require(throws: DICOMError.self) { try DICOMReader.read(folder: folder.url) }
    #expect(error.code == .noSeries)
    #expect(
      error.detail
        == "holds no CT series; 1 file was passed over, the first: odd \(spoilt.reason)")
  }

  struct Spoilt: Sendable, CustomTestStringConvertible {
    let reason: String
    let code: SkippedFile.Code
    let data: Data
    var testDescription: String { reason }

    init(
      _ reason: String, _ code: SkippedFile.Code = .notCT, _ change: (inout SampleSlice) -> Void
    ) {
      (self.reason, self.code, data) = (reason, code, SampleSlice().with(change).data)
    }

    init(_ reason: String, _ code: SkippedFile.Code, bytes: Data) {
      (self.reason, self.code, data) = (reason, code, bytes)
    }

    static let all = [
      Spoilt("is empty", .empty, bytes: Data()),
      Spoilt("is no DICOM file", .notDICOM, bytes: Data("<plist>".utf8)),
      Spoilt("is no DICOM file", .notDICOM, bytes: Data(count: 5000)),
      Spoilt("is a secondary capture") { $0.set(0x08, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.7") },
      Spoilt("lacks the functional groups that describe its frames", .damaged) {
        $0.set(0x08, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.2.1")
      },
      Spoilt("is no CT image (modality \"MR\")") {
        $0.set(0x08, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.4")
        $0.set(0x08, 0x60, "CS", "MR")
      },
      Spoilt("is a localizer (scout)") { $0.set(0x08, 0x08, "CS", "ORIGINAL\\PRIMARY\\LOCALIZER") },
      Spoilt("is a localizer (scout)") { $0.set(0x08, 0x08, "CS", "ORIGINAL\\PRIMARY\\SCOUT") },
      Spoilt("is a map computed from a perfusion scan") {
        $0.set(0x08, 0x08, "CS", "DERIVED\\PRIMARY\\PERFUSION\\RCBF")
      },
      Spoilt("is a colour image (3 samples per pixel)") { $0.set(0x28, 0x02, words: [3]) },
      Spoilt("is a colour image (PALETTE COLOR)") { $0.set(0x28, 0x04, "CS", "PALETTE COLOR") },
      Spoilt("holds 12 frames that it does not place in the patient; export it as single slices") {
        $0.set(0x28, 0x08, "IS", "12")
      },
      Spoilt("holds values of type Z_EFF, not Hounsfield units") {
        $0.set(0x28, 0x1054, "LO", "Z_EFF")
      },
      Spoilt("holds no pixel data", .noPixels) { $0.remove(0x7FE0, 0x10) },
      Spoilt("lacks the number of rows or columns", .damaged) { $0.remove(0x28, 0x10) },
      Spoilt("lacks the number of rows or columns", .damaged) { $0.set(0x28, 0x11, words: [0]) },
      Spoilt("has no valid PixelSpacing", .damaged) { $0.set(0x28, 0x30, "DS", "0.4") },
      Spoilt("has no valid PixelSpacing", .damaged) { $0.set(0x28, 0x30, "DS", "0.4\\-1") },
      Spoilt("has no valid PixelSpacing", .damaged) { $0.set(0x28, 0x30, "DS", "0.4\\nan") },
      Spoilt("has no valid ImagePositionPatient or ImageOrientationPatient", .damaged) {
        $0.set(0x20, 0x32, "DS", "0\\0\\1e300")
      },
      Spoilt("has no valid ImagePositionPatient or ImageOrientationPatient", .damaged) {
        $0.remove(0x20, 0x37)
      },
      Spoilt("has an ImageOrientationPatient that is no pair of unit vectors", .damaged) {
        $0.set(0x20, 0x37, "DS", "1\\0\\0\\0.1\\1\\0")
      },
      Spoilt("has pixels of 12 bits in 32 up to bit 11; 8 and 16 bits are read", .damaged) {
        $0.set(0x28, 0x100, words: [32])
      },
      Spoilt("has pixels of 17 bits in 16 up to bit 16; 8 and 16 bits are read", .damaged) {
        $0.set(0x28, 0x101, words: [17])
        $0.remove(0x28, 0x102)
      },
      Spoilt("has a RescaleSlope of 0.0", .damaged) { $0.set(0x28, 0x1053, "DS", "0") },
      Spoilt(
        "the transfer syntax 1.2.840.10008.1.2.4.201 is not read; decompress the file first",
        .damaged, bytes: SampleSlice().data(transferSyntax: "1.2.840.10008.1.2.4.201")),
      Spoilt(
        "the deflated data set is damaged after 0 bytes", .damaged,
        bytes: SampleSlice().data(transferSyntax: "1.2.840.10008.1.2.1.99")),
      Spoilt(
        "the header says that the pixels are compressed, but they are not", .damaged,
        bytes: SampleSlice().data(transferSyntax: "1.2.840.10008.1.2.4.70")),
      Spoilt(
        "is truncated: the element (0008,0016) claims 26 bytes, 10 are left", .damaged,
        bytes: SampleSlice().data.prefix(132 + 8 + 20 + 8 + 10)),
    ]
  }

  @Test func `with a second copy of a slice keeps the first`() throws {
    let folder = try TemporaryFolder()
    try folder.write([SampleSlice(number: 1, z: 0), SampleSlice(number: 2, z: 3)])
    try SampleSlice(number: 2, z: 3).data.write(to: folder.file("copy"))
    let catalogue = try DICOMCatalogue.scan(folder.url)
    #expect(catalogue.series.map(\.files.count) == [2])
    #expect(catalogue.skipped.map(\.code) == [.copy])
    #expect(catalogue.skipped[0].reason == "is a copy of 1 (same position and pixels)")
  }

  @Test func `with several series lists them and takes the one that is named`() throws {
    let folder = try TemporaryFolder()
    try folder.write([
      SampleSlice(series: "1.2.7", z: 0), SampleSlice(series: "1.2.7", z: 1.5),
      SampleSlice(series: "1.2.5", z: 0), SampleSlice(series: "1.2.5", z: 3),
      SampleSlice(series: "1.2.5", z: 6),
    ])
    let error = try #require(throws: DICOMError.self) { try DICOMReader.read(folder: folder.url) }
    #expect(error.code == .severalSeries)
    #expect(
      error.detail
        == "holds 2 CT series; name one of them or give its folder: "
        + "1.2.5: 3 slices of 4×5, pixels of 0.4×0.5 mm, every 3 mm; "
        + "1.2.7: 2 slices of 4×5, pixels of 0.4×0.5 mm, every 1.5 mm")
    #expect(try DICOMReader.read(folder: folder.url, series: "1.2.7").volume.extent.slices == 2)
    let unknown = try #require(throws: DICOMError.self) {
      try DICOMReader.read(folder: folder.url, series: "9")
    }
    #expect(unknown.code == .unknownSeries)
    #expect(unknown.detail.hasPrefix("holds no CT series 9: 1.2.5: 3 slices"))
  }

  @Test func `separates slices of one series that differ in orientation, size or spacing`() throws {
    let folder = try TemporaryFolder()
    try folder.write([
      SampleSlice(number: 1, z: 0), SampleSlice(number: 2, z: 3),
      SampleSlice(number: 3).with { $0.set(0x20, 0x37, "DS", "1\\0\\0\\0\\0\\-1") },
      SampleSlice(number: 4).with { $0.set(0x28, 0x30, "DS", "0.5\\0.41") },
      SampleSlice(number: 5).with {
        $0.set(0x28, 0x10, words: [5])
        $0.set(0x28, 0x11, words: [4])
      },
      SampleSlice(number: 6, z: 9).with { $0.set(0x20, 0x37, "DS", "1\\1e-5\\0\\0\\1\\0") },
    ])
    let catalogue = try DICOMCatalogue.scan(folder.url)
    #expect(catalogue.series.map(\.id) == ["1.2.3", "1.2.3#2", "1.2.3#3", "1.2.3#4"])
    #expect(catalogue.series.map(\.files.count) == [3, 1, 1, 1])
    #expect(throws: DICOMError.self) { try catalogue.oneSeries() }
    #expect(try catalogue.oneSeries(id: "1.2.3#2").direction.y == [0, 0, -1])
  }

  @Test func `that is missing is a file error, one that is empty has no series`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError.self) { try DICOMCatalogue.scan(folder.file("none")) }
    let error = try #require(throws: DICOMError.self) { try DICOMReader.read(folder: folder.url) }
    #expect(error.detail == "holds no CT series; it is empty")
  }
}
