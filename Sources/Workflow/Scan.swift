// SPDX-License-Identifier: Apache-2.0
import DICOM
import Files
import Foundation
import NIfTI
import Volume

/// One study to be predicted or scored: a NIfTI file, or a DICOM series.
struct Scan: Sendable {
  /// What names the study in every output.
  let id: String
  private let source: Source

  private enum Source: Sendable {
    case nifti(URL)
    case dicom(URL)
  }

  /// The CT in HU with what the files say of its acquisition.
  struct Loaded: Sendable {
    var ct: Volume<Int16>
    var seriesUID: String?
    var acquisition: Acquisition?
    var notes: [String] = []
    /// How many slices were missing and have been interpolated.
    var filledSlices = 0
    /// Every series of the study and why it was kept or not; empty for NIfTI.
    var series: [SeriesSelection.Decision] = []
  }

  /// The studies that a path names.
  ///
  /// A NIfTI file is one, and so is a DICOM file, as of a multi-frame CT; for a DICOMDIR stands the
  /// folder that it lists. A workbook is no study, and folders beside one, however few, are studies,
  /// as in COCA's non-gated half. A folder of NIfTI files has one for each (`_0000` falls away where all have
  /// it, as nnU-Net's images do); a folder with DICOM files is one; any other folder has one for each
  /// folder in it.
  static func find(at url: URL) throws -> [Scan] {
    if Folder.isFile(url) {
      if isNIfTI(url.lastPathComponent) {
        return [Scan(id: caseID(url.lastPathComponent), source: .nifti(url))]
      }
      if url.lastPathComponent.uppercased() == "DICOMDIR" {
        return try find(at: url.deletingLastPathComponent())
      }
      let name = url.lastPathComponent
      return [
        Scan(
          id: name.lowercased().hasSuffix(".dcm") ? String(name.dropLast(4)) : name,
          source: .dicom(url))
      ]
    }
    let names = try Folder.names(in: url)
    let images = names.filter(isNIfTI)
    if !images.isEmpty {
      // A case may itself be called cac_0000: then not all names end like a channel.
      let areChannels = images.allSatisfy { stem($0).hasSuffix("_0000") }
      return images.map {
        Scan(
          id: areChannels ? caseID($0) : stem($0), source: .nifti(url.appendingPathComponent($0)))
      }
    }
    let folders = names.filter { Folder.isFolder(url.appendingPathComponent($0)) }
    let files = names.filter { Folder.isFile(url.appendingPathComponent($0)) }
    let workbooks = files.filter { $0.lowercased().hasSuffix(".xlsx") }
    let isCohort = !workbooks.isEmpty && !folders.isEmpty
    // A folder of files is a study, and so is one around a single folder.
    if files.count > workbooks.count || folders.count <= 1 && !isCohort {
      return [Scan(id: url.standardizedFileURL.lastPathComponent, source: .dicom(url))]
    }
    return folders.filter { $0 != "__MACOSX" }.map {
      Scan(id: $0, source: .dicom(url.appendingPathComponent($0)))
    }
  }

  /// Reads the CT; `listing` is told of the choice among the series of a DICOM study before that.
  func load(
    _ options: DICOMInput = .init(), listing: (SeriesListing) -> Void = { _ in }
  ) throws -> Loaded {
    switch source {
    case .nifti(let url):
      return Loaded(ct: try NIfTIFile.read(url, as: Int16.self))
    case .dicom(let folder):
      let catalogue = try DICOMCatalogue.scan(folder)
      let selection = SeriesSelection(catalogue, names: options.series)
      listing(SeriesListing(study: id, decisions: selection.decisions))
      let chosen = try selection.result.get()
      // Studies are read one after the other.
      var reading = options.reading
      reading.workers = Machine.cores
      let ct = try DICOMReader.read(chosen, of: catalogue, options: reading)
      return Loaded(
        ct: ct.volume, seriesUID: ct.seriesUID, acquisition: ct.acquisition,
        notes: ct.notes.map(\.detail)
          + selection.objections.map { "of the only CT series: \($0)" },
        filledSlices: ct.filledSliceCount, series: selection.decisions)
    }
  }

  /// Reads the values as they are, for networks of any modality.
  func image(
    _ options: DICOMInput = .init(), listing: (SeriesListing) -> Void = { _ in }
  ) throws -> Volume<Float> {
    switch source {
    case .nifti(let url): try Dataset.reader(url)
    case .dicom: try load(options, listing: listing).ct.map(Float.init)
    }
  }

  static func isNIfTI(_ name: String) -> Bool {
    name.hasSuffix(".nii.gz") || name.hasSuffix(".nii")
  }

  /// The name without its ending and without nnU-Net's channel number.
  static func caseID(_ name: String) -> String {
    let stem = stem(name)
    return stem.hasSuffix("_0000") ? String(stem.dropLast(5)) : stem
  }

  /// The name without its ending, which is how masks are called.
  static func stem(_ name: String) -> String {
    for ending in [".nii.gz", ".nii"] where name.hasSuffix(ending) {
      return String(name.dropLast(ending.count))
    }
    return name
  }
}
