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
/// let found = try ScanSearch(folder)
/// for scan in found.scans {
///   let ct = try scan.load().ct
/// }
/// ```
package struct Scan: Sendable {
  /// The name of the study in every output.
  package let id: String
  let source: Source

  /// Where the voxels of a scan are.
  enum Source: Sendable {
    /// An image file.
    case image(URL)
    /// A folder with DICOM files, or one such file.
    case dicom(URL)
  }

  /// A scan; a byte of its name that is no UTF-8 reads as "%FC" in every output.
  init(id: String, source: Source) {
    self.id = RawFileName.shown(id)
    self.source = source
  }

  /// The image file of the scan; `nil` for DICOM studies.
  package var imageFile: URL? {
    if case .image(let url) = source { url } else { nil }
  }

  /// The CT in HU, and what the files say of its acquisition.
  package struct Loaded: Sendable {
    /// The CT in Hounsfield units.
    package var ct: Volume<Int16>
    /// Whether the CT was read from DICOM files.
    package var isDICOM = false
    /// The UID of the DICOM series; `nil` for image files, and where the headers name none.
    package var seriesUID: String?
    /// Where each plane was read from; empty for image files.
    package var planes: [CTSeries.Plane] = []
    /// What the DICOM header says of the acquisition; `nil` for image files.
    package var acquisition: Acquisition?
    /// Whose scan it is and of which day, by the DICOM header; `nil` for image files.
    package var identity: StudyIdentity?
    /// Notes of the reader and of the choice of the series, one sentence each.
    package var notes: [String] = []
    /// The number of slices that were missing and have been interpolated.
    package var filledSlices = 0
    /// Every series of the study and why it was used or not; empty for image files.
    package var series: [SeriesSelection.Decision] = []
    /// The files of the study that were not used: copies, other images, files of other kinds.
    package var unused: [UnusedFile] = []
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
      let stored = try Self.hounsfield(url)
      let ct = stored.axial
      return Loaded(
        ct: ct,
        notes: ct.extent == stored.extent && ct.geometry == stored.geometry
          ? []
          : [
            "the file holds \(stored.extent) voxels whose slices are not axial; its axes were put into "
              + "axial order (\(ct.extent)) without resampling"
          ])
    case .dicom(let folder):
      let catalogue = try DICOMCatalogue.scan(folder)
      let selection = SeriesSelection(catalogue, names: options.series)
      let unused = catalogue.skipped.map { UnusedFile($0, below: folder) }
      listing(SeriesListing(study: id, decisions: selection.decisions, unused: unused))
      let chosen = try selection.result.get()
      // Studies are read one after the other, so a study may use all cores.
      var reading = options.reading
      reading.workers = Machine.processorCount
      let ct = try DICOMReader.read(chosen, of: catalogue, options: reading)
      return Loaded(
        ct: ct.volume, isDICOM: true, seriesUID: ct.seriesUID, planes: ct.planes,
        acquisition: ct.acquisition,
        identity: ct.identity,
        notes: ct.notes.map(\.detail)
          + selection.objections.map { "of the only CT series: \($0)" },
        filledSlices: ct.filledSliceCount, series: selection.decisions,
        unused: unused)
    }
  }

  /// Reads the values without rounding, for networks of any modality.
  package func image(
    _ options: DICOMInput = .init(), listing: (SeriesListing) -> Void = { _ in }
  ) throws -> Volume<Float> {
    switch source {
    case .image(let url):
      InputFiles.record(url)
      try Self.requireMemory(for: url, perVoxel: MemoryLayout<Float>.size)
      return try LabelFile.floats(url)
    case .dicom: return try load(options, listing: listing).ct.map(Float.init)
    }
  }

  /// Whether a file is NIfTI, by its name.
  package static func isNIfTI(_ name: String) -> Bool {
    let name = name.lowercased()
    return name.hasSuffix(".nii.gz") || name.hasSuffix(".nii") || name.hasSuffix(".hdr")
      || name.hasSuffix(".hdr.gz")
  }

  /// Whether a file holds an image in three dimensions, by its name.
  package static func isImage(_ name: String) -> Bool {
    let lowercased = name.lowercased()
    return isNIfTI(name) || volumeEndings.contains { lowercased.hasSuffix($0) }
  }

  /// Whether an image file is a header whose voxels lie in another file, by its name.
  static func hasDataFile(_ name: String) -> Bool {
    let lowercased = name.lowercased()
    return [".hdr", ".hdr.gz", ".nhdr", ".mhd"].contains { lowercased.hasSuffix($0) }
  }

  private static let volumeEndings = [".nrrd", ".nhdr", ".mha", ".mhd", ".gipl"]

  /// The HU of an image file; values that int16 does not hold are cut off.
  ///
  /// Fractions are rounded down. Thresholds are whole numbers, so a voxel reaches one exactly where
  /// its unrounded value does: 129.6 HU is below 130.
  package static func hounsfield(_ url: URL) throws -> Volume<Int16> {
    InputFiles.record(url)
    if isNIfTI(url.lastPathComponent) {
      try requireMemory(for: url, perVoxel: MemoryLayout<Int16>.size)
      return try NIfTIFile.hounsfield(url)
    }
    let values = try LabelFile.floats(url)
    if let bad = values.voxels.first(where: { !$0.isFinite }) {
      throw WorkflowError(.invalid, "\(url.path): holds \(bad), which is no HU")
    }
    return values.map { Int16(min(max($0.rounded(.down), -32768), 32767)) }
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
