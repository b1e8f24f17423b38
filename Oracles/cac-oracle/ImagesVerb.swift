// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import DICOM
import Files
import Foundation
import NIfTI
import TestSupport
import Volume

/// Writes NIfTI files and DICOM series with what is in them, and what is read of the fixtures.
///
/// `Oracles/parity/written_images.py` reads the files with nibabel, SimpleITK and pydicom,
/// `Oracles/parity/dicom_encodings.py` the fixtures.
struct ImagesVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "images",
    abstract: "Write NIfTI files and DICOM series for other readers.",
    discussion: "It makes nifti, dicom and encodings.json in the folder.")

  @OptionGroup var argument: FolderArgument

  func run() throws {
    let folder = argument.url
    try Folder.create(folder)
    let files = try Self.writeNIfTI(to: folder.appendingPathComponent("nifti"))
    let series = try Self.writeDICOM(to: folder.appendingPathComponent("dicom"))
    let read = try Self.readEncodings()
    try JSONFile.write(read, to: folder.appendingPathComponent("encodings.json"))
    print("\(files) NIfTI files and \(series) DICOM series written, \(read.count) fixtures read")
  }

  // MARK: NIfTI

  /// A file and what is in it.
  private struct WrittenFile: Encodable {
    var file: String
    var datatype: String
    var geometry: Geometry
    var values: [Double]
  }

  /// Writes random volumes of every datatype; returns the number of files, which
  /// `Oracles/parity/written_images.py` expects.
  private static func writeNIfTI(to folder: URL) throws -> Int {
    var written: [WrittenFile] = []
    var random = SplitMix64(seed: 42)
    for i in 0..<12 {
      let geometry = randomGeometry(using: &random)
      let ending = i % 2 == 0 ? "nii" : "nii.gz"
      func write<Element: NIfTIElement>(_ voxels: [Element], _ number: (Element) -> Double) throws {
        let name = "\(i)-\(Element.nifti).\(ending)"
        try NIfTIFile.write(
          Volume(geometry: geometry, voxels: voxels), to: folder.appendingPathComponent(name),
          compressionLevel: i)
        written.append(
          WrittenFile(
            file: name, datatype: "\(Element.nifti)", geometry: geometry,
            values: voxels.map(number)))
      }
      let count = geometry.extent.count
      try write((0..<count).map { _ in Int16.random(in: .min ... .max, using: &random) }) {
        Double($0)
      }
      try write((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }) {
        Double($0)
      }
      try write((0..<count).map { _ in Float.random(in: -9...9, using: &random) }) { Double($0) }
    }
    try JSONFile.write(written, to: folder.appendingPathComponent("expected.json"))
    return written.count
  }

  // MARK: DICOM

  /// A series and what is in it.
  private struct WrittenSeries: Encodable {
    var folder: String
    var geometry: Geometry
    var hu: [Int16]
    var seriesUID: String
    var acquisition: Acquisition
  }

  /// Writes random series in both encodings; returns the number of series, which
  /// `Oracles/parity/written_images.py` expects.
  private static func writeDICOM(to folder: URL) throws -> Int {
    var written: [WrittenSeries] = []
    for seed in 0..<8 {
      let isSigned = seed >= 4
      let volume = randomVolume(seed, in: isSigned ? -32768...31743 : -1024...3071)
      let name = "series \(seed)"
      let acquisition = Acquisition(
        kilovolts: 120, kernel: "I30f", sliceThickness: 3, manufacturer: "Maker")
      let options = DICOMSeriesOptions(
        identifiersFrom: name, acquisition: acquisition,
        encoding: isSigned ? .signed16 : .unsigned12)
      let series = folder.appendingPathComponent(name)
      try Folder.remove(series)
      try DICOMWriter.write(volume, to: series, options: options)
      written.append(
        WrittenSeries(
          folder: name, geometry: volume.geometry, hu: volume.voxels, seriesUID: options.seriesUID,
          acquisition: acquisition))
    }
    try JSONFile.write(written, to: folder.appendingPathComponent("expected.json"))
    return written.count
  }

  // MARK: Encodings

  /// A file of Tests/Fixtures as it is read here.
  private struct ReadFile: Encodable {
    var file: String
    var geometry: Geometry
    var hu: [Int16]
  }

  private struct Name: Decodable { var file: String }
  private struct Slices: Decodable { var slices: [Name] }

  /// Slices and multi-frame files in every transfer syntax.
  private static func readEncodings() throws -> [ReadFile] {
    let slices = try JSONFile.read(Slices.self, from: fixture("dicom/expected.json")).slices
    let archive = try JSONFile.read([Name].self, from: fixture("dicom-archive/expected.json"))
    let files =
      try nonEmpty(slices).map { "dicom/\($0.file)" }
      + nonEmpty(archive).map { "dicom-archive/\($0.file)" }
    return try files.map { file in
      let volume = try DICOMReader.read(folder: fixture(file)).volume
      return ReadFile(file: file, geometry: volume.geometry, hu: volume.voxels)
    }
  }
}
