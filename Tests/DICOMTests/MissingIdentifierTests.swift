// SPDX-License-Identifier: Apache-2.0
import DICOM
import Files
import Foundation
import TestSupport
import Testing
import Volume

/// Headers from which de-identification took identifiers, as in COCA's non-gated half.
@Suite struct `Files without identifiers` {
  private static func anonymous(
    number: Int, z: Double, series: String? = "3", _ change: (inout SampleSlice) -> Void = { _ in }
  ) -> SampleSlice {
    SampleSlice(number: number, z: z).with {
      for element: UInt16 in [0x0D, 0x0E, 0x52] { $0.remove(0x20, element) }
      if let series { $0.set(0x20, 0x11, "IS", series) }
      change(&$0)
    }
  }

  @Test func `are grouped by folder and series number, which a note says`() throws {
    let folder = try TemporaryFolder()
    for (name, series) in [("12/12", "3"), ("12/scout", "1")] {
      try Folder.create(folder.file(name))
      for i in 0..<4 {
        try Self.anonymous(number: i, z: Double(i) * 3, series: series) {
          $0.set(0x08, 0x18, "UI", "2.1.\(series).\(i)")
        }.data.write(to: folder.file("\(name)/\(i).dcm"))
      }
    }
    let catalogue = try DICOMCatalogue.scan(folder.url)
    #expect(catalogue.series.map(\.id) == ["series-1", "series-3"])
    #expect(catalogue.series.map(\.uid) == [nil, nil])
    #expect(catalogue.series.map(\.files.count) == [4, 4])
    let ct = try DICOMReader.read(catalogue.oneSeries(id: "series-3"), of: catalogue)
    #expect(ct.volume.extent.slices == 4 && ct.seriesUID == nil)
    #expect(ct.notes.map(\.code).contains(.noSeriesUID))
  }

  @Test func `of two kernels or kinds of image are two series`() throws {
    let folder = try TemporaryFolder()
    for i in 0..<3 {
      for (kernel, type) in [
        ("B35f", "ORIGINAL\\PRIMARY\\AXIAL"), ("B70f", "ORIGINAL\\PRIMARY\\AXIAL"),
        ("B35f", "DERIVED\\SECONDARY\\MPR"),
      ] {
        try Self.anonymous(number: i, z: Double(i) * 3) {
          $0.set(0x18, 0x1210, "SH", kernel)
          $0.set(0x08, 0x08, "CS", type)
          $0.remove(0x08, 0x18)
          $0.set(
            0x7FE0, 0x10, words: Array(repeating: UInt16(kernel.count + type.count + i), count: 20),
            vr: "OW")
        }.data.write(to: folder.file("\(kernel)\(type.count)-\(i)"))
      }
    }
    let catalogue = try DICOMCatalogue.scan(folder.url)
    #expect(catalogue.series.map(\.id) == ["series-3", "series-3#2", "series-3#3"])
    #expect(catalogue.series.map(\.files.count) == [3, 3, 3])
    #expect(catalogue.skipped == [])
  }

  @Test func `that repeat positions are parted by acquisition, gated slabs are not`() throws {
    let folder = try TemporaryFolder()
    for i in 0..<4 {
      for acquisition in 1...2 {
        try Self.anonymous(number: i, z: Double(i) * 3) {
          $0.set(0x20, 0x12, "IS", "\(acquisition)")
          $0.set(0x08, 0x18, "UI", "2.1.\(acquisition).\(i)")
        }.data.write(to: folder.file("\(acquisition)-\(i)"))
      }
    }
    #expect(try DICOMCatalogue.scan(folder.url).series.map(\.files.count) == [4, 4])
    let slabs = try TemporaryFolder()
    for i in 0..<4 {
      try Self.anonymous(number: i, z: Double(i) * 3) {
        $0.set(0x20, 0x12, "IS", "\(i / 2)")
        $0.set(0x08, 0x18, "UI", "2.1.\(i)")
      }.data.write(to: slabs.file("\(i)"))
    }
    #expect(try DICOMReader.read(folder: slabs.url).volume.extent.slices == 4)
  }

  @Test func `with one SOPInstanceUID for thirty slices are thirty slices`() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      (0..<30).map { i in
        SampleSlice(number: i, z: Double(i) * 3).with {
          $0.set(0x08, 0x18, "UI", "1.2.840.1")
          $0.set(0x7FE0, 0x10, words: Array(repeating: UInt16(i), count: 20), vr: "OW")
        }
      })
    let catalogue = try DICOMCatalogue.scan(folder.url)
    #expect(catalogue.skipped == [])
    let ct = try DICOMReader.read(catalogue.oneSeries(), of: catalogue)
    #expect(ct.volume.extent.slices == 30)
    #expect(ct.volume[29, 0, 0] == 29 - 1024)
    let note = try #require(ct.notes.first { $0.code == .sharedInstanceUID })
    #expect(note.detail.hasPrefix("30 different slices share"))
  }

  @Test(arguments: [true, false])
  func `are copies only where position and pixels agree`(hasIdentifier: Bool) throws {
    func slice(_ value: UInt16, z: Double) -> SampleSlice {
      SampleSlice(number: 1, z: z).with {
        if hasIdentifier { $0.set(0x08, 0x18, "UI", "1.2.9") } else { $0.remove(0x08, 0x18) }
        $0.set(0x7FE0, 0x10, words: Array(repeating: value, count: 20), vr: "OW")
      }
    }
    let folder = try TemporaryFolder()
    try folder.write([slice(7, z: 0), slice(7, z: 3), slice(7, z: 0)])
    let catalogue = try DICOMCatalogue.scan(folder.url)
    #expect(catalogue.series.map(\.files.count) == [2])
    #expect(catalogue.skipped.map(\.code) == [.copy])
    // Other pixels at the same place are a doubt that could change a score.
    try slice(8, z: 0).data.write(to: folder.file("other"))
    let error = #expect(throws: DICOMError.self) { try DICOMReader.read(folder: folder.url) }
    #expect(error?.code == .duplicatePosition)
  }

  @Test(arguments: [false, true])
  func `give way to the complete copy of a truncated file`(isCutFirst: Bool) throws {
    let folder = try TemporaryFolder()
    let whole = SampleSlice(number: 1, z: 0).data
    try whole.dropLast(isCutFirst ? 12 : 0).write(to: folder.file("a"))
    try whole.dropLast(isCutFirst ? 0 : 12).write(to: folder.file("b"))
    try SampleSlice(number: 2, z: 3).data.write(to: folder.file("c"))
    let catalogue = try DICOMCatalogue.scan(folder.url)
    #expect(catalogue.skipped.map(\.code) == [.copy])
    let ct = try DICOMReader.read(catalogue.oneSeries(), of: catalogue)
    #expect(ct.volume.extent.slices == 2 && ct.volume[0, 3, 4] == 19 - 1024)
  }
}

/// Words that real headers have instead of codes.
@Suite struct `Words of a header` {
  private func read(_ change: (inout SampleSlice) -> Void) throws -> CTSeries {
    let folder = try TemporaryFolder()
    try folder.write((0..<3).map { SampleSlice(number: $0, z: Double($0) * 3).with(change) })
    return try DICOMReader.read(folder: folder.url)
  }

  @Test(arguments: [
    "HU", "hu", "HU ", "Houndsfield Unit", "HOUNSFIELD", "Hounsfield Units", "HOUNSFIELD_UNITS",
    "Hounsfield unit (HU)", "",
  ])
  func `for Hounsfield units are known`(type: String) throws {
    let ct = try read { $0.set(0x28, 0x1054, "LO", type) }
    #expect(ct.volume[2, 0, 1] == 1 - 1024)
  }

  @Test(arguments: ["OD", "ED", "EDW", "Z_EFF", "MGML", "PCT", "HU_MOD", "counts"])
  func `for anything else are refused`(type: String) throws {
    let error = #expect(throws: DICOMError.self) { try read { $0.set(0x28, 0x1054, "LO", type) } }
    #expect(error?.description.contains("holds values of type \(type)") == true)
  }

  @Test func `for no particular unit are refused unless there is air or the user knows better`()
    throws
  {
    #expect(
      try read { $0.set(0x28, 0x1054, "LO", "US") }.notes.map(\.code).contains(.unspecifiedUnit))
    let folder = try TemporaryFolder()
    try folder.write(
      (0..<3).map { number in
        SampleSlice(number: number, z: Double(number) * 3).with {
          $0.set(0x28, 0x1054, "LO", "US")
          $0.set(0x28, 0x1052, "DS", "0")
        }
      })
    let error = #expect(throws: DICOMError.self) { try DICOMReader.read(folder: folder.url) }
    #expect(error?.code == .noRescale && error?.detail.contains("--assume-hu") == true)
    var options = DICOMReadOptions()
    options.assumesHounsfield = true
    #expect(try DICOMReader.read(folder: folder.url, options: options).volume.extent.slices == 3)
  }

  @Test func `for the modality may be spelled out or small`() throws {
    for modality in ["ct", "CT ", "Computed Tomography", "CT SCAN"] {
      #expect(try read { $0.set(0x08, 0x60, "CS", modality) }.volume.extent.slices == 3)
    }
    for modality in ["PT", "MR", "CTP", "OT"] {
      #expect(throws: DICOMError.self) { try read { $0.set(0x08, 0x60, "CS", modality) } }
    }
  }

  @Test func `of zero are unknown, not values`() throws {
    let ct = try read {
      $0.set(0x18, 0x50, "DS", "0")
      $0.set(0x18, 0x60, "DS", "0")
      $0.set(0x18, 0x88, "DS", "0.0")
    }
    #expect(ct.volume.geometry.spacing.z == 3)
    #expect(ct.acquisition.kilovolts == nil && ct.acquisition.sliceThickness == nil)
    #expect(!ct.notes.map(\.code).contains(.thickness))
  }

  @Test(arguments: [
    ("NONE", false), ("no contrast", false), ("Without", false), ("Native", false),
    ("W/O CONTRAST", false), ("", false), ("OMNIPAQUE 350", true), ("APPLIED", true),
  ])
  func `for a contrast agent may say that there was none`(text: String, isAgent: Bool) throws {
    let ct = try read { $0.set(0x18, 0x10, "LO", text) }
    #expect(ct.acquisition.hasContrastAgent == isAgent)
  }

  @Test func `with a fractional slope keep a value below a threshold below it`() throws {
    // 129.6 and 130.0 HU.
    let ct = try read {
      $0.set(0x28, 0x1053, "DS", "0.4")
      $0.set(0x28, 0x1052, "DS", "-1000")
      $0.set(0x7FE0, 0x10, words: [2824, 2825] + Array(repeating: 0, count: 18), vr: "OW")
    }
    #expect(ct.volume[0, 0, 0] == 129 && ct.volume[0, 0, 1] == 130)
  }
}
