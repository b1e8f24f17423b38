// SPDX-License-Identifier: Apache-2.0
import Concurrency
package import DICOM
import Files
package import Foundation
import NIfTI
import Text
package import Volume
import Workflow

/// One study to be predicted or scored: an image file or a DICOM study.
///
/// ```swift
/// for scan in try Scan.find(at: folder) {
///   let ct = try scan.load().ct
/// }
/// ```
package struct Scan: Sendable {
  /// The name of the study in every output.
  package let id: String
  private let source: Source

  private enum Source: Sendable {
    case image(URL)
    case dicom(URL)
  }

  /// The CT in HU, and what the files say of its acquisition.
  package struct Loaded: Sendable {
    /// The CT in Hounsfield units.
    package var ct: Volume<Int16>
    /// The UID of the DICOM series; `nil` for image files.
    package var seriesUID: String?
    /// What the DICOM header says of the acquisition; `nil` for image files.
    package var acquisition: Acquisition?
    /// Notes of the reader and of the choice of the series, one sentence each.
    package var notes: [String] = []
    /// The number of slices that were missing and have been interpolated.
    package var filledSlices = 0
    /// Every series of the study and why it was used or not; empty for image files.
    package var series: [SeriesSelection.Decision] = []
  }

  /// The studies that a path names.
  ///
  /// - An image file (NIfTI, NRRD, MetaImage, GIPL) is one study, and so is a DICOM file, for
  ///   example of a multi-frame CT. A DICOMDIR means the folder that it lies in.
  /// - A folder of image files holds a study for each file. Where all names end in nnU-Net's
  ///   channel number `_0000`, the studies are named without it.
  /// - A folder with DICOM files is one study, and so is a folder around a single folder.
  /// - Any other folder holds a study for each folder in it. So does a folder with a workbook, even
  ///   around a single folder, as in COCA's non-gated half.
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
      // A case may be called cac_0000 itself; then not all names end in a channel number.
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
    if files.count > workbooks.count || folders.count <= 1 && !isCohort {
      return [Scan(id: url.standardizedFileURL.lastPathComponent, source: .dicom(url))]
    }
    return folders.filter { $0 != Folder.macArchiveFolder }.map {
      Scan(id: $0, source: .dicom(url.appendingPathComponent($0)))
    }
  }

  /// Reads the CT; before that, `listing` is told of the choice among the series of a DICOM study.
  ///
  /// - Throws: `DICOMError` or `NIfTIError` for files that cannot be read as a CT; `WorkflowError`
  ///   where memory does not suffice or a value is no HU.
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
      // Studies are read one after the other, so a study may use all cores.
      var reading = options.reading
      reading.workers = Machine.processorCount
      let ct = try DICOMReader.read(chosen, of: catalogue, options: reading)
      return Loaded(
        ct: ct.volume, seriesUID: ct.seriesUID, acquisition: ct.acquisition,
        notes: ct.notes.map(\.detail)
          + selection.objections.map { "of the only CT series: \($0)" },
        filledSlices: ct.filledSliceCount, series: selection.decisions)
    }
  }

  /// Reads the values without rounding, for networks of any modality.
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

  /// Whether a file is NIfTI, by its name.
  package static func isNIfTI(_ name: String) -> Bool {
    name.hasSuffix(".nii.gz") || name.hasSuffix(".nii")
  }

  /// Whether a file holds an image in three dimensions, by its name.
  package static func isImage(_ name: String) -> Bool {
    let lowercased = name.lowercased()
    return isNIfTI(name) || volumeEndings.contains { lowercased.hasSuffix($0) }
  }

  private static let volumeEndings = [".nrrd", ".mha", ".gipl"]

  /// The HU of an image file; fractions are rounded, and values that int16 does not hold are cut
  /// off.
  package static func hounsfield(_ url: URL) throws -> Volume<Int16> {
    if isNIfTI(url.lastPathComponent) {
      try requireMemory(for: url, perVoxel: MemoryLayout<Int16>.size)
      return try NIfTIFile.read(url, as: Int16.self)
    }
    let values = try LabelFile.floats(url)
    if let bad = values.voxels.first(where: { !$0.isFinite }) {
      throw WorkflowError(.invalid, "\(url.path): holds \(bad), which is no HU")
    }
    return values.map { Int16(min(max($0.rounded(), -32768), 32767)) }
  }

  /// Throws, before a NIfTI file is read, where its stored and converted voxels together exceed the
  /// available memory.
  private static func requireMemory(for url: URL, perVoxel: Int) throws {
    guard isNIfTI(url.lastPathComponent) else { return }
    let header = try NIfTIFile.header(of: url)
    let voxels = Double(header.frames * header.geometry.extent.count)
    let wanted = voxels * Double(header.datatype.byteCount + perVoxel)
    let available = Double(Machine.availableMemory)
    guard wanted > available else { return }
    throw WorkflowError(
      .notEnoughMemory,
      "\(url.path): would take \(gigabytes(wanted)) of memory to read, "
        + "\(gigabytes(available)) are available; crop or resample it, or use a "
        + "machine with more memory")
  }

  /// The name without its ending and without nnU-Net's channel number.
  static func caseID(_ name: String) -> String {
    let stem = stem(name)
    return stem.hasSuffix("_0000") ? String(stem.dropLast(5)) : stem
  }

  /// The name without its ending; the masks of a scan have the same.
  package static func stem(_ name: String) -> String {
    isImage(name) ? LabelFile.stem(of: name) : name
  }
}
