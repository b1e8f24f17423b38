// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import DICOM
import Files
import Foundation
import TestSupport
import Volume

/// Reads each study of a folder, for `Oracles/parity/corpus.py`, which reads them with pydicom and
/// SimpleITK.
struct CorpusVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "corpus",
    abstract: "Read DICOM studies of other packages for a comparison with other readers.",
    discussion: "It reads the folders in studies and writes read.jsonl, a line for each.")

  @OptionGroup var argument: FolderArgument

  /// A line of read.jsonl; a study that was refused has an error and nothing else.
  private struct ReadStudy: Encodable {
    /// The folder of the study.
    let id: String
    /// Why the study was refused.
    var error: String?
    /// The number of columns, rows and slices.
    var size: [Int]?
    /// The spacing along x, y and z in mm.
    var spacing: SIMD3<Double>?
    /// The centre of the first voxel, in LPS mm.
    var origin: SIMD3<Double>?
    /// The directions of x, y and z, one after the other.
    var direction: [Double]?
    /// How many voxels have at least 130 HU.
    var voxels: Int?
    /// The sum of their HU; fractions are rounded down by the reader.
    var sum: Int?
    /// The notes of the reader.
    var notes: [String]?
  }

  func run() throws {
    let folder = argument.url
    let studies = folder.appendingPathComponent("studies")
    let names = try nonEmpty(Folder.entries(in: studies).filter { $0.kind == .folder }.map(\.name))
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    var lines = ""
    for name in names {
      let study = Self.read(studies.appendingPathComponent(name), as: name)
      lines += String(decoding: try encoder.encode(study), as: UTF8.self) + "\n"
    }
    try StagedFile.write(lines, to: folder.appendingPathComponent("read.jsonl"))
    print("\(names.count) studies read")
  }

  /// Reads a study as `cac` does, by the rules that choose a series.
  private static func read(_ folder: URL, as id: String) -> ReadStudy {
    var study = ReadStudy(id: id)
    do {
      let catalogue = try DICOMCatalogue.scan(folder)
      let series = try SeriesSelection(catalogue).result.get()
      let ct = try DICOMReader.read(series, of: catalogue)
      let (geometry, extent) = (ct.volume.geometry, ct.volume.geometry.extent)
      let found = ct.volume.voxels.filter { $0 >= 130 }
      study.size = [extent.columns, extent.rows, extent.slices]
      (study.spacing, study.origin) = (geometry.spacing, geometry.origin)
      study.direction = [geometry.direction.x, geometry.direction.y, geometry.direction.z]
        .flatMap { [$0.x, $0.y, $0.z] }
      study.voxels = found.count
      study.sum = found.reduce(0) { $0 + Int($1) }
      study.notes = ct.notes.map(\.detail)
    } catch {
      study.error = "\(error)"
    }
    return study
  }
}
