// SPDX-License-Identifier: Apache-2.0
import DICOM
import Files
import Foundation
import TestSupport
import Testing
import Volume

@Suite struct `Series for other DICOM readers` {
  /// What `scripts/parity-images.py` compares with what pydicom and SimpleITK read.
  struct Expected: Encodable {
    var folder: String
    var geometry: Geometry
    var hu: [Int16]
    var seriesUID: String
    var acquisition: Acquisition
  }

  /// Written where CAC_PARITY_DIR says, for the cross-reads; else to a folder that is thrown away.
  @Test func `are written with what is in them`() throws {
    let temporary = try TemporaryFolder()
    let folder =
      ProcessInfo.processInfo.environment["CAC_PARITY_DIR"].map {
        URL(fileURLWithPath: $0).appendingPathComponent("dicom")
      } ?? temporary.file("dicom")
    var expected: [Expected] = []
    for seed in 0..<8 {
      let isSigned = seed >= 4
      let volume = randomVolume(seed, in: isSigned ? -32768...31743 : -1024...3071)
      let name = "series \(seed)"
      let acquisition = Acquisition(
        kilovolts: 120, kernel: "I30f", sliceThickness: 3, manufacturer: "Maker")
      let options = DICOMSeriesOptions(
        identifiersFrom: name, acquisition: acquisition,
        encoding: isSigned ? .signed16 : .unsigned12)
      let place = folder.appendingPathComponent(name)
      try? FileManager.default.removeItem(at: place)
      try DICOMWriter.write(volume, to: place, options: options)
      expected.append(
        Expected(
          folder: name, geometry: volume.geometry, hu: volume.voxels, seriesUID: options.seriesUID,
          acquisition: acquisition))
    }
    try JSONFile.write(expected, to: folder.appendingPathComponent("expected.json"))
    #expect(try Folder.names(in: folder).count == 9)
  }

  /// A file of the fixtures as we read it, which the script reads with the libraries.
  struct Read: Encodable {
    var file: String
    var geometry: Geometry
    var hu: [Int16]
  }

  /// Slices and multi-frame files in every transfer syntax, for the cross-reads.
  @Test func `are read in every encoding`() throws {
    let fixtures = Reference.folder.deletingLastPathComponent()
    let files =
      Reference.slices.map { "dicom/\($0.file)" }
      + ArchiveFile.all.map { "dicom-archive/\($0.file)" }
    let read = try files.map { file in
      let volume = try DICOMReader.read(folder: fixtures.appendingPathComponent(file)).volume
      return Read(file: file, geometry: volume.geometry, hu: volume.voxels)
    }
    #expect(read.count == 35)
    let temporary = try TemporaryFolder()
    let folder =
      ProcessInfo.processInfo.environment["CAC_PARITY_DIR"].map { URL(fileURLWithPath: $0) }
      ?? temporary.url
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try JSONFile.write(read, to: folder.appendingPathComponent("encodings.json"))
  }
}
