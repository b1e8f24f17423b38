// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `A volume written as DICOM` {
  @Test(arguments: 0..<24)
  func `comes back with its values, its place and its acquisition`(seed: Int) throws {
    let isSigned = seed % 3 == 0
    let volume = randomVolume(seed, in: isSigned ? -32768...31743 : -1024...3071)
    let acquisition = Acquisition(
      kilovolts: 100, kernel: "I30f", sliceThickness: volume.geometry.spacing.z,
      spacingBetweenSlices: seed % 2 == 0 ? volume.geometry.spacing.z : nil,
      reconstructionDiameter: 180, manufacturer: "Maker", model: "Model",
      hasContrastAgent: seed % 2 == 0)
    let folder = try TemporaryFolder()
    let options = DICOMSeriesOptions(
      identifiersFrom: "test \(seed)", acquisition: acquisition,
      encoding: isSigned ? .signed16 : .unsigned12,
      fileName: { "slice %\($0) of 100" })
    try DICOMWriter.write(volume, to: folder.file("a/b c"), options: options)
    let ct = try DICOMReader.read(folder: folder.url)
    #expect(ct.volume.voxels == volume.voxels)
    #expect(ct.volume.geometry.mismatch(with: volume.geometry, tolerance: 1e-6) == nil)
    #expect(ct.seriesUID == options.seriesUID)
    #expect(ct.notes == [])
    var back = ct.acquisition
    // Decimal strings keep 16 characters.
    let error = (back.sliceThickness ?? 0) - volume.geometry.spacing.z
    #expect(abs(error) < 1e-12)
    back.sliceThickness = acquisition.sliceThickness
    back.spacingBetweenSlices = acquisition.spacingBetweenSlices
    #expect(back == acquisition)
  }

  @Test func `has instance number 1 at the highest slice and names that the caller gives`() throws {
    let folder = try TemporaryFolder()
    try DICOMWriter.write(
      randomVolume(0, in: 0...0), to: folder.file("s"),
      options: .init(identifiersFrom: "x", fileName: { "n\($0)" }))
    let files = try DICOMCatalogue.scan(folder.url).oneSeries().files
    #expect(files.map(\.instanceNumber) == files.indices.reversed().map { $0 + 1 })
    #expect(files.map(\.url.lastPathComponent) == files.indices.map { "n\($0)" })
    #expect(Set(files.map(\.instanceUID)).count == files.count)
  }

  @Test func `gives the same bytes each time`() throws {
    let folder = try TemporaryFolder()
    let volume = randomVolume(3, in: 0...1000)
    for name in ["a", "b"] {
      try DICOMWriter.write(volume, to: folder.file(name), options: .init(identifiersFrom: "x"))
    }
    for z in 0..<volume.extent.slices {
      let name = "IM000\(z).dcm"
      #expect(
        try Data(contentsOf: folder.file("a/\(name)")) == Data(contentsOf: folder.file("b/\(name)"))
      )
    }
  }

  @Test func `is refused with nothing left behind where it does not fit`() throws {
    let folder = try TemporaryFolder()
    func refusal(
      _ volume: Volume<Int16>, _ encoding: DICOMSeriesOptions.Encoding = .unsigned12,
      to name: String = "s", fileName: @escaping @Sendable (Int) -> String = { "\($0)" }
    ) throws -> String {
      let before = folder.allNames
      let error = try #require(throws: DICOMError.self) {
        try DICOMWriter.write(
          volume, to: folder.file(name),
          options: .init(identifiersFrom: "x", encoding: encoding, fileName: fileName))
      }
      #expect(error.code == .unsupported)
      #expect(folder.allNames == before)
      return error.detail
    }
    let geometry = Geometry(extent: Extent(slices: 2, rows: 3, columns: 4), spacing: [1, 1, 1])
    var metal = Volume<Int16>(geometry: geometry, repeating: 0)
    metal[1, 2, 3] = 3072
    #expect(
      try refusal(metal) == "voxel (3, 2, 1) has 3072 HU; unsigned12 holds -1024 to 3071")
    metal[1, 2, 3] = 31744
    #expect(try refusal(metal, .signed16).hasPrefix("voxel (3, 2, 1) has 31744 HU"))
    let fine = Volume<Int16>(geometry: geometry, repeating: 0)
    #expect(try refusal(fine, fileName: { _ in "same" }) == "the file names of slices repeat")
    var wrong = geometry
    wrong.origin.x = .nan
    #expect(
      try refusal(Volume(geometry: wrong, repeating: 0)).hasPrefix("spacing or origin is no length")
    )
    try Data([1]).write(to: folder.file("taken"))
    let full = folder.file("full")
    try FileManager.default.createDirectory(at: full, withIntermediateDirectories: true)
    try Data([1]).write(to: full.appendingPathComponent("mine"))
    #expect(try refusal(fine, to: "full").hasPrefix("is not empty"))
  }

  /// Oracle: Python's `uuid.uuid5(uuid.NAMESPACE_OID, text).int`.
  @Test(arguments: UIDCases.all)
  func `has identifiers that depend on a text alone`(text: String, uid: String) {
    #expect(UID.derived(from: text) == uid)
    #expect(uid.count <= 64)
  }
}
