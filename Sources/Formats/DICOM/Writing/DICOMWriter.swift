// SPDX-License-Identifier: Apache-2.0
import CGDCM
import Files
public import Foundation
public import Volume

/// Writes CT volumes as series of DICOM files, by GDCM.
///
/// ```swift
/// try DICOMWriter.write(ct, to: folder, options: .init(identifiersFrom: "cohort 7, subject 12"))
/// ```
///
/// The files name no patient, have no description, and no date but 00010101. The same volume and
/// options give the same bytes, except for the version of GDCM in the meta information.
public enum DICOMWriter {
  /// Writes one file per slice into a folder that is new or empty; complete or not at all.
  ///
  /// InstanceNumber 1 is the last slice, which for axial slices is the highest, as in COCA.
  ///
  /// `progress` is called with the number of slices written so far.
  ///
  /// - Throws: `DICOMError` for HU or geometries that the options cannot hold, file names that
  ///   repeat, or a folder that holds something; `FileError` where it cannot be written.
  public static func write(
    _ volume: Volume<Int16>, to folder: URL, options: DICOMSeriesOptions,
    progress: ((Int) -> Void)? = nil
  ) throws {
    let names = (0..<volume.extent.slices).map(options.fileName)
    guard Set(names).count == names.count else {
      throw DICOMError(
        .unsupported, subject: folder.path, detail: "the file names of slices repeat")
    }
    if Folder.isFolder(folder), try !Folder.names(in: folder).isEmpty {
      throw DICOMError(
        .unsupported, subject: folder.path,
        detail: "is not empty; name a new folder for the series")
    }
    try Folder.write(to: folder) { staged in
      for (z, name) in names.enumerated() {
        try writeSlice(
          z, of: volume, to: staged.appendingPathComponent(name), options: options)
        progress?(z + 1)
      }
    }
  }

  /// Writes one slice to a file.
  ///
  /// `instanceNumber` is the slice's number, which also makes its identifier; without it, numbers
  /// descend with the slice index.
  ///
  /// - Throws: as the writing of a series does.
  public static func writeSlice(
    _ z: Int, of volume: Volume<Int16>, to url: URL, options: DICOMSeriesOptions,
    instanceNumber: Int? = nil
  ) throws {
    let number = instanceNumber ?? volume.extent.slices - z
    var set = ElementList()
    try describe(volume.geometry, z, path: url.path, in: &set)
    describe(options, number, in: &set)
    set.append(0x7FE0, 0x10, "OW", try words(of: z, of: volume, options.encoding, path: url.path))
    try StagedFile.write(
      set.encoded(transferSyntax: options.transferSyntax.rawValue, name: url.path), to: url)
  }

  private static func describe(
    _ geometry: Geometry, _ z: Int, path: String, in set: inout ElementList
  ) throws(DICOMError) {
    let extent = geometry.extent
    guard (1...65535).contains(extent.rows), (1...65535).contains(extent.columns) else {
      throw DICOMError(
        .unsupported, subject: path, detail: "slices of \(extent.rows)×\(extent.columns) do not fit"
      )
    }
    let origin = geometry.position(ofVoxel: SIMD3(0, 0, Double(z)))
    let d = geometry.direction
    let figures = [origin, d.x, d.y, geometry.spacing].flatMap { [$0.x, $0.y, $0.z] }
    guard figures.allSatisfy(\.isFinite), geometry.spacing.min() > 0 else {
      throw DICOMError(
        .unsupported, subject: path, detail: "spacing or origin is no length in mm: \(geometry)")
    }
    set.append(0x20, 0x32, "DS", numbers: [origin.x, origin.y, origin.z])
    set.append(0x20, 0x37, "DS", numbers: [d.x.x, d.x.y, d.x.z, d.y.x, d.y.y, d.y.z])
    // DICOM orders the spacing (row, column), which is (y, x).
    set.append(0x28, 0x30, "DS", numbers: [geometry.spacing.y, geometry.spacing.x])
    set.append(0x28, 0x10, word: UInt16(extent.rows))
    set.append(0x28, 0x11, word: UInt16(extent.columns))
  }

  private static func describe(
    _ options: DICOMSeriesOptions, _ number: Int, in set: inout ElementList
  ) {
    let a = options.acquisition
    set.append(0x08, 0x08, "CS", "ORIGINAL\\PRIMARY\\AXIAL")
    set.append(0x08, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.2")
    set.append(0x08, 0x18, "UI", UID.derived(from: "slice \(number) of \(options.seriesUID)"))
    set.append(0x08, 0x20, "DA", "00010101")
    set.append(0x08, 0x60, "CS", "CT")
    set.append(0x08, 0x70, "LO", a.manufacturer ?? "")
    if let model = a.model { set.append(0x08, 0x1090, "LO", model) }
    // Elements that must be there but may be empty (PS3.3, type 2).
    for (group, element, vr) in [
      (0x08, 0x30, "TM"), (0x08, 0x50, "SH"), (0x08, 0x90, "PN"), (0x10, 0x10, "PN"),
      (0x10, 0x20, "LO"), (0x10, 0x30, "DA"), (0x10, 0x40, "CS"), (0x20, 0x10, "SH"),
      (0x20, 0x1040, "LO"),
    ] as [(UInt16, UInt16, String)] {
      set.append(group, element, vr, "")
    }
    if a.hasContrastAgent { set.append(0x18, 0x10, "LO", "CONTRAST") }
    set.append(0x18, 0x50, "DS", numbers: a.sliceThickness.map { [$0] } ?? [])
    set.append(0x18, 0x60, "DS", numbers: a.kilovolts.map { [$0] } ?? [])
    if let value = a.spacingBetweenSlices { set.append(0x18, 0x88, "DS", numbers: [value]) }
    if let value = a.reconstructionDiameter { set.append(0x18, 0x1100, "DS", numbers: [value]) }
    if let kernel = a.kernel { set.append(0x18, 0x1210, "SH", kernel) }
    set.append(0x20, 0x0D, "UI", options.studyUID)
    set.append(0x20, 0x0E, "UI", options.seriesUID)
    set.append(0x20, 0x11, "IS", "\(options.seriesNumber)")
    set.append(0x20, 0x12, "IS", "1")
    set.append(0x20, 0x13, "IS", "\(number)")
    set.append(0x20, 0x52, "UI", options.frameOfReferenceUID)
    set.append(0x28, 0x02, word: 1)
    set.append(0x28, 0x04, "CS", "MONOCHROME2")
    let isSigned = options.encoding == .signed16
    set.append(0x28, 0x100, word: 16)
    set.append(0x28, 0x101, word: isSigned ? 16 : 12)
    set.append(0x28, 0x102, word: isSigned ? 15 : 11)
    set.append(0x28, 0x103, word: isSigned ? 1 : 0)
    set.append(0x28, 0x1052, "DS", numbers: [-1024])
    set.append(0x28, 0x1053, "DS", numbers: [1])
    set.append(0x28, 0x1054, "LO", "HU")
  }

  private static func words(
    of z: Int, of volume: Volume<Int16>, _ encoding: DICOMSeriesOptions.Encoding, path: String
  ) throws(DICOMError) -> [UInt8] {
    let range: ClosedRange<Int16> =
      encoding == .signed16 ? Int16.min...31743 : -1024...3071
    let slice = volume.slice(z)
    if let wrong = slice.firstIndex(where: { !range.contains($0) }) {
      let (y, x) = (wrong - slice.startIndex).quotientAndRemainder(
        dividingBy: volume.extent.columns)
      throw DICOMError(
        .unsupported, subject: path,
        detail: "voxel (\(x), \(y), \(z)) has \(slice[wrong]) HU; \(encoding.rawValue) holds "
          + "\(range.lowerBound) to \(range.upperBound)")
    }
    var bytes = [UInt8]()
    bytes.reserveCapacity(slice.count * 2)
    for hu in slice {
      let word = UInt16(truncatingIfNeeded: Int(hu) + 1024)
      bytes.append(UInt8(truncatingIfNeeded: word))
      bytes.append(UInt8(word >> 8))
    }
    return bytes
  }
}
