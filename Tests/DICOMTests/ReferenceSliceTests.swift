// SPDX-License-Identifier: Apache-2.0
import DICOM
import Foundation
import TestSupport
import Testing
import Volume

/// What pydicom and SimpleITK read from the files beside.
struct Reference: Decodable, Sendable {
  struct Slice: Decodable, Sendable, CustomTestStringConvertible {
    var file: String
    var hu: [Int]
    var position: [Double]
    var testDescription: String { file }
  }
  struct Grid: Decodable, Sendable {
    var spacing, origin, direction: [Double]
    var hu: [Int]
  }
  var slices: [Slice]
  var oblique: Grid

  static func load() throws -> Reference {
    try JSONDecoder().decode(
      Reference.self, from: Data(contentsOf: fixture("dicom/expected.json")))
  }

  static var slices: [Slice] { get throws { try load().slices } }

  /// The slices that lie directly in the folder, each a file by itself.
  static var files: [Slice] { get throws { try slices.filter { !$0.file.contains("/") } } }
}

@Suite struct `Slices of pydicom` {
  @Test func `all are there`() throws { #expect(try Reference.slices.count == 19) }

  @Test(arguments: try Reference.files)
  func `give the same Hounsfield units in every encoding`(expected: Reference.Slice) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      at: fixture("dicom/\(expected.file)"), to: folder.file("slice"))
    let ct = try DICOMReader.read(folder: folder.url)
    let clamped = expected.hu.map { Int16(clamping: $0) }
    #expect(ct.volume.voxels == clamped)
    let cut = zip(clamped, expected.hu).filter { Int($0) != $1 }.count
    let notes = ct.notes.map(\.code)
    // GDCM, which compressed this one, also wrote RescaleType US.
    let unit: [CTSeries.Note.Code] = expected.file == "lossless-jpeg.dcm" ? [.unspecifiedUnit] : []
    #expect(notes == (cut > 0 ? [.clamped, .singleSlice] : [.singleSlice]) + unit)
    if cut > 0 { #expect(ct.notes[0].detail.hasPrefix("\(cut) voxels beyond 16 bits")) }
    #expect(ct.volume.geometry.spacing == [0.35, 0.41, 3])
  }

  @Test func `carry their acquisition and nothing of the patient`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      at: fixture("dicom/sequences-1.dcm"), to: folder.file("slice"))
    let catalogue = try DICOMCatalogue.scan(folder.url)
    let series = try catalogue.oneSeries()
    #expect(
      series.acquisition
        == Acquisition(
          kilovolts: 120, kernel: "I30f\\3", sliceThickness: 3, reconstructionDiameter: 180,
          manufacturer: "Maker", model: "Model 64"))
    let ct = try DICOMReader.read(series)
    let everything =
      "\(dumped(catalogue)) \(dumped(ct.acquisition)) \(ct.notes) \(ct.seriesUID ?? "")"
    for secret in ["Nobody", "4711", "20240229"] { #expect(!everything.contains(secret)) }
  }

  private func dumped(_ value: some Any) -> String {
    var text = ""
    dump(value, to: &text)
    return text
  }

  @Test func `lie on SimpleITK's grid when they are oblique and out of order`() throws {
    let expected = try Reference.load().oblique
    let ct = try DICOMReader.read(folder: fixture("dicom/oblique"))
    let geometry = ct.volume.geometry
    #expect(geometry.extent == Extent(slices: 3, rows: 6, columns: 8))
    #expect(ct.volume.voxels.map { Int($0) } == expected.hu)
    let columns = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
    for i in 0..<3 {
      #expect(abs(geometry.spacing[i] - expected.spacing[i]) < 1e-6)
      #expect(geometry.origin[i] == expected.origin[i])
      for j in 0..<3 {
        #expect(abs(columns[j][i] - expected.direction[3 * i + j]) < 1e-9)
      }
    }
  }
}
