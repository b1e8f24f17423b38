// SPDX-License-Identifier: Apache-2.0
import CNIfTI
import Files
public import Foundation
public import Volume

/// Volumes in single-file NIfTI-1 (`.nii`, `.nii.gz`).
///
/// ```swift
/// let ct: Volume<Int16> = try NIfTIFile.read(url)
/// let mask = ct.map { $0 >= 130 ? UInt8(1) : 0 }
/// try NIfTIFile.write(mask, to: folder.appendingPathComponent("mask.nii.gz"))
/// ```
///
/// The array is (z, y, x) as stored; nothing is reoriented. NIfTI's RAS stays inside this module:
/// every geometry is in DICOM LPS. Files are recognised by their content, not by their name.
public enum NIfTIFile {
  /// Reads the header of a file without decompressing its voxels.
  ///
  /// The size of an uncompressed file is checked against the header; that of a compressed file only
  /// for plausibility.
  ///
  /// - Throws: `NIfTIError` for a wrong header, `FileError` where the file cannot be read.
  public static func header(of url: URL) throws -> NIfTIHeader {
    try NIfTIBytes.header(of: url)
  }

  /// Reads a volume: HU as `Int16`, labels as `UInt8`, anything as `Float`.
  ///
  /// Any integer or real format on disk is accepted, in both byte orders, with slope and intercept
  /// applied in double precision. Files of two dimensions give one slice; a fourth dimension must
  /// have length 1 here, `readFrames` takes any.
  ///
  /// - Throws: `NIfTIError` for a wrong file or a voxel that the element type cannot hold,
  ///   `FileError` where the file cannot be read.
  public static func read<Element: NIfTIElement>(
    _ url: URL, as type: Element.Type = Element.self
  ) throws -> Volume<Element> {
    try NIfTIBytes.read(url, onlyVolumes: true) { header, bytes in
      return Volume(
        geometry: header.geometry,
        voxels: try Element.voxels(bytes, header: header, path: url.path))
    }
  }

  /// Reads a CT in Hounsfield units, whatever number format it is stored in.
  ///
  /// Fractions of stored real numbers are rounded down: thresholds are whole numbers, so a voxel
  /// reaches one exactly where its unrounded value does. Values beyond 16 bits become the nearest
  /// that fits.
  ///
  /// - Throws: as `read`; `NIfTIError` with the code `value` for a voxel that is no number.
  public static func hounsfield(_ url: URL) throws -> Volume<Int16> {
    try NIfTIBytes.read(url, onlyVolumes: true) { header, bytes in
      Volume(
        geometry: header.geometry,
        voxels: try Int16.hounsfield(bytes, header: header, path: url.path))
    }
  }

  /// Reads the volumes along the fourth dimension, on one grid; one where there is none.
  ///
  /// - Throws: as `read`.
  public static func readFrames<Element: NIfTIElement>(
    _ url: URL, as type: Element.Type = Element.self
  ) throws -> [Volume<Element>] {
    try NIfTIBytes.read(url) { header, bytes in
      let size = header.geometry.extent.count * header.datatype.byteCount
      return try (0..<header.frames).map { frame in
        let part = UnsafeRawBufferPointer(rebasing: bytes[frame * size..<(frame + 1) * size])
        return Volume(
          geometry: header.geometry,
          voxels: try Element.voxels(part, header: header, path: url.path))
      }
    }
  }

  /// Writes a volume, complete or not at all; the same volume gives the same bytes.
  ///
  /// A name that ends in `.gz` is compressed at a level of libdeflate from 0 to 12; 1 is fast, 6 the
  /// usual, 12 slow and small. The header carries quaternion and matrix, both with code 1 (scanner)
  /// as SimpleITK writes them, in float32: positions are kept to some micrometres. One slice may be
  /// written as a plane, a file of two dimensions.
  ///
  /// - Throws: `NIfTIError` for a geometry that NIfTI cannot hold, `FileError` where the file cannot
  ///   be written.
  public static func write<Element: NIfTIElement>(
    _ volume: Volume<Element>, to url: URL, compressionLevel: Int = 6, asPlane: Bool = false
  ) throws {
    let path = url.path
    guard path.hasSuffix(".nii") || path.hasSuffix(".nii.gz") else {
      throw NIfTIError(
        .unsupported, path: path, detail: "the name should end in .nii or .nii.gz")
    }
    guard (0...12).contains(compressionLevel) else {
      throw NIfTIError(
        .unsupported, path: path, detail: "compression level \(compressionLevel) is not in 0 to 12")
    }
    var geometry = volume.geometry
    let isPlane = asPlane && geometry.extent.slices == 1
    // A plane has no third axis; SimpleITK gives it the length 1 and warns of any other.
    if isPlane { geometry.spacing.z = 1 }
    var header = try header(for: geometry, datatype: Element.nifti, path: path)
    if isPlane { header.dim.0 = 2 }
    let offset = Int(CNIFTI_DATA_OFFSET)
    let size = offset + volume.voxels.count * MemoryLayout<Element>.stride
    var bytes = Self.bytes(capacity: size) { out in
      cnifti_serialize(&header, out.baseAddress)
      volume.voxels.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: out[offset...]).copyMemory(from: $0)
      }
      return size
    }
    if path.hasSuffix(".gz") {
      bytes = try compressed(bytes, level: compressionLevel, path: path)
    }
    try StagedFile.write(bytes, to: url)
  }

  private static func header(
    for geometry: Geometry, datatype: NIfTIDatatype, path: String
  ) throws(NIfTIError) -> cnifti_header {
    let extent = geometry.extent
    let sizes = [extent.columns, extent.rows, extent.slices]
    guard sizes.allSatisfy({ (1...Int(Int16.max)).contains($0) }) else {
      throw NIfTIError(
        .unsupported, path: path,
        detail: "a grid of \(extent) does not fit NIfTI-1, whose axes hold 1 to 32767 voxels")
    }
    for axis in 0..<3 {
      let spacing = Float(geometry.spacing[axis])
      guard spacing > 0, spacing.isFinite, Float(geometry.origin[axis]).isFinite else {
        throw NIfTIError(
          .geometry, path: path, detail: "spacing or origin is no length in mm: \(geometry)")
      }
    }
    guard geometry.direction.isOrthonormal else {
      throw NIfTIError(
        .geometry, path: path, detail: "the directions are not perpendicular units: \(geometry)")
    }
    var header = cnifti_header()
    let s = geometry.spacing
    header.dim = (3, Int16(sizes[0]), Int16(sizes[1]), Int16(sizes[2]), 1, 1, 1, 1)
    header.pixdim = (1, Float(s.x), Float(s.y), Float(s.z), 0, 0, 0, 0)
    header.datatype = datatype.rawValue
    header.bitpix = Int16(datatype.byteCount * 8)
    header.scl_slope = 1
    header.xyzt_units = 2  // Millimetres.
    Affine.write(geometry, into: &header)
    return header
  }

  private static func compressed(
    _ bytes: Data, level: Int, path: String
  ) throws(NIfTIError) -> Data {
    let capacity = cnifti_gzip_bound(bytes.count, Int32(level))
    let out = Self.bytes(capacity: capacity) { out in
      bytes.withUnsafeBytes {
        cnifti_gzip($0.baseAddress, $0.count, Int32(level), out.baseAddress, capacity)
      }
    }
    guard !out.isEmpty else {
      throw NIfTIError(.unsupported, path: path, detail: "no memory is left to compress it")
    }
    return out
  }

  /// Memory that `body` fills with as many bytes as it says.
  ///
  /// Data of a size is set to zero first, which for a scan takes as long as copying it.
  private static func bytes(
    capacity: Int, filledBy body: (UnsafeMutableRawBufferPointer) -> Int
  ) -> Data {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: max(capacity, 1), alignment: 16)
    let count = body(UnsafeMutableRawBufferPointer(start: memory, count: capacity))
    return Data(
      bytesNoCopy: memory, count: count, deallocator: .custom { memory, _ in memory.deallocate() })
  }
}
