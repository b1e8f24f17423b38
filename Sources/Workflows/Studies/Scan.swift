// SPDX-License-Identifier: Apache-2.0
package import DICOM
import Files
package import Foundation
import NIfTI
package import Volume
import Workflow

/// One study to be predicted or scored: an image file, or a DICOM series.
package struct Scan: Sendable {
  /// What names the study in every output.
  package let id: String
  private let source: Source

  private enum Source: Sendable {
    case image(URL)
    case dicom(URL)
  }

  /// The CT in HU with what the files say of its acquisition.
  package struct Loaded: Sendable {
    package var ct: Volume<Int16>
    package var seriesUID: String?
    package var acquisition: Acquisition?
    package var notes: [String] = []
    /// How many slices were missing and have been interpolated.
    package var filledSlices = 0
    /// Every series of the study and why it was kept or not; empty for NIfTI.
    package var series: [SeriesSelection.Decision] = []
  }

  /// The studies that a path names.
  ///
  /// An image file (NIfTI, NRRD, MetaImage, GIPL) is one, and so is a DICOM file, as of a multi-frame
  /// CT; for a DICOMDIR stands the folder that it lists. A workbook is no study, and folders beside
  /// one, however few, are studies, as in COCA's non-gated half. A folder of image files has one for
  /// each (`_0000` falls away where all have it, as nnU-Net's images do); a folder with DICOM files is
  /// one; any other folder has one for each folder in it.
  package static func find(at url: URL) throws -> [Scan] {
    if Folder.isFile(url) {
      if isImage(url.lastPathComponent) {
        return [Scan(id: caseID(url.lastPathComponent), source: .image(url))]
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
    let images = names.filter(isImage)
    if !images.isEmpty {
      // A case may itself be called cac_0000: then not all names end like a channel.
      let areChannels = images.allSatisfy { stem($0).hasSuffix("_0000") }
      return images.map {
        Scan(
          id: areChannels ? caseID($0) : stem($0), source: .image(url.appendingPathComponent($0)))
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
  package func load(
    _ options: DICOMInput = .init(), listing: (SeriesListing) -> Void = { _ in }
  ) throws -> Loaded {
    switch source {
    case .image(let url):
      return Loaded(ct: try Self.hounsfield(url))
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
  package func image(
    _ options: DICOMInput = .init(), listing: (SeriesListing) -> Void = { _ in }
  ) throws -> Volume<Float> {
    switch source {
    case .image(let url):
      try Self.requireMemory(for: url, perVoxel: MemoryLayout<Float>.size)
      return try LabelFile.floats(url)
    case .dicom: return try load(options, listing: listing).ct.map(Float.init)
    }
  }

  package static func isNIfTI(_ name: String) -> Bool {
    name.hasSuffix(".nii.gz") || name.hasSuffix(".nii")
  }

  /// Whether a file holds an image in three dimensions, by its name.
  package static func isImage(_ name: String) -> Bool {
    let small = name.lowercased()
    return isNIfTI(name) || volumeEndings.contains { small.hasSuffix($0) }
  }

  private static let volumeEndings = [".nrrd", ".mha", ".gipl"]

  /// The HU of an image file; fractions are rounded, what int16 does not hold is cut off.
  package static func hounsfield(_ url: URL) throws -> Volume<Int16> {
    if isNIfTI(url.lastPathComponent) {
      try requireMemory(for: url, perVoxel: MemoryLayout<Int16>.size)
      return try NIfTIFile.read(url, as: Int16.self)
    }
    let values = try LabelFile.floats(url)
    if let bad = values.voxels.first(where: { !$0.isFinite }) {
      throw WorkflowError("\(url.path): holds \(bad), which is no HU")
    }
    return values.map { Int16(min(max($0.rounded(), -32768), 32767)) }
  }

  /// Throws before a NIfTI file is read of which the stored and the converted voxels do not fit.
  private static func requireMemory(for url: URL, perVoxel: Int) throws {
    guard isNIfTI(url.lastPathComponent) else { return }
    let header = try NIfTIFile.header(of: url)
    let voxels = Double(header.frames * header.geometry.extent.count)
    let wanted = voxels * Double(header.datatype.byteCount + perVoxel)
    let available = Double(Machine.availableMemory)
    guard wanted > available else { return }
    throw WorkflowError(
      "\(url.path): would take \(gigabytes(wanted)) of memory to read, "
        + "\(gigabytes(available)) are available; crop or resample it, or use a "
        + "machine with more memory")
  }

  /// The name without its ending and without nnU-Net's channel number.
  static func caseID(_ name: String) -> String {
    let stem = stem(name)
    return stem.hasSuffix("_0000") ? String(stem.dropLast(5)) : stem
  }

  /// The name without its ending, which is how masks are called.
  package static func stem(_ name: String) -> String {
    isImage(name) ? LabelFile.stem(of: name) : name
  }
}
