// SPDX-License-Identifier: Apache-2.0
import CNIfTI
import Text
public import Volume

/// The geometry and the number format in a NIfTI-1 header.
public struct NIfTIHeader: Sendable, Hashable {
  /// The part of the header that gave the position in the patient.
  public enum GeometrySource: String, Sendable, Hashable {
    /// The rows of the voxel-to-RAS matrix.
    case sform
    /// The quaternion with its offset.
    case qform
    /// Neither was declared: identity directions and origin zero, spacing from `pixdim`.
    case pixdim
  }

  /// Where the voxels lie, in DICOM LPS.
  public let geometry: Geometry
  /// Which part of the header the directions and the origin come from.
  public let source: GeometrySource
  /// The number format on disk.
  public let datatype: NIfTIDatatype
  /// The factor and the summand that turn stored into true values, or `nil` where they are true.
  public let scale: SIMD2<Double>?
  /// Whether the file declares two dimensions only, so that it has no spacing across its one slice.
  public let isPlane: Bool
  /// The number of volumes along the fourth dimension.
  public let frames: Int
  /// Whether the file's byte order is not this machine's.
  let isSwapped: Bool
  /// Where the voxels begin, in bytes.
  let dataOffset: Int
  /// Whether the voxels lie in a file of their own, NAME.img beside NAME.hdr.
  let isPair: Bool

  /// The bytes that the whole uncompressed file must have.
  ///
  /// Four dimensions below 2^15, 8 bytes a voxel and 2^24 bytes of offset stay below 2^63.
  var byteCount: Int { dataOffset + frames * geometry.extent.count * datatype.byteCount }

  /// Reads a header from the beginning of an uncompressed file.
  ///
  /// - Throws: `NIfTIError` that says which field is wrong.
  init(bytes: UnsafeRawBufferPointer, path: String) throws(NIfTIError) {
    guard bytes.count >= Int(CNIFTI_HEADER_SIZE), let start = bytes.baseAddress else {
      throw NIfTIError(
        .truncated, path: path,
        detail:
          "holds \(counted(bytes.count, "byte")); a NIfTI-1 header alone has \(CNIFTI_HEADER_SIZE)")
    }
    let raw = cnifti_parse(start)
    isPair = try Self.isPair(raw, path: path)
    let extent: Extent
    (extent, frames) = try Self.extent(raw, path: path)
    datatype = try Self.datatype(raw, path: path)
    dataOffset = try Self.dataOffset(raw, isPair: isPair, path: path)
    scale = try Self.scale(raw, path: path)
    (geometry, source) = try Orientation.geometry(of: raw, extent: extent, path: path)
    isPlane = raw.dim.0 < 3
    isSwapped = raw.swapped != 0
  }

  /// Whether a header of NIfTI-1 is that of a pair of files; throws for any other header.
  private static func isPair(_ raw: cnifti_header, path: String) throws(NIfTIError) -> Bool {
    let magic = withUnsafeBytes(of: raw.magic) { Array($0) }
    if raw.sizeof_hdr == 540 || raw.sizeof_hdr == Int32(540).byteSwapped {
      throw NIfTIError(
        .unsupported, path: path, detail: "is a NIfTI-2 file; convert it to NIfTI-1 first")
    }
    guard raw.sizeof_hdr == CNIFTI_HEADER_SIZE else {
      throw NIfTIError(
        .notNIfTI, path: path,
        detail: "is no NIfTI-1 file: the header size is \(raw.sizeof_hdr) instead of 348")
    }
    if magic == Array("ni1\0".utf8) { return true }
    guard magic == Array("n+1\0".utf8) else {
      throw NIfTIError(
        .notNIfTI, path: path,
        detail:
          "is no NIfTI-1 file (an Analyze 7.5 file perhaps, which does not say where left and "
          + "right are): the header lacks the mark \"n+1\" or \"ni1\"; convert it to .nii.gz")
    }
    return false
  }

  private static func extent(
    _ raw: cnifti_header, path: String
  ) throws(NIfTIError) -> (Extent, frames: Int) {
    let dim = withUnsafeBytes(of: raw.dim) { $0.bindMemory(to: Int16.self).map { Int($0) } }
    guard (1...7).contains(dim[0]) else {
      throw NIfTIError(
        .notNIfTI, path: path, detail: "the header claims \(dim[0]) dimensions; 1 to 7 are possible"
      )
    }
    let used = dim[1...dim[0]]
    if let wrong = used.first(where: { $0 < 1 }) {
      throw NIfTIError(
        .notNIfTI, path: path, detail: "the header claims a dimension of \(counted(wrong, "voxel"))"
      )
    }
    let sizes = used.map { "\($0)" }.joined(separator: "×")
    guard used.dropFirst(4).allSatisfy({ $0 == 1 }) else {
      throw NIfTIError(
        .unsupported, path: path,
        detail: "holds \(sizes) voxels; volumes with one value a voxel are read")
    }
    guard dim[0] >= 2 else {
      throw NIfTIError(
        .unsupported, path: path, detail: "holds a line of \(sizes) voxels; a volume was expected")
    }
    let extent = Extent(slices: dim[0] > 2 ? dim[3] : 1, rows: dim[2], columns: dim[1])
    return (extent, dim[0] > 3 ? dim[4] : 1)
  }

  private static func datatype(
    _ raw: cnifti_header, path: String
  ) throws(NIfTIError) -> NIfTIDatatype {
    guard let datatype = NIfTIDatatype(rawValue: raw.datatype) else {
      throw NIfTIError(
        .unsupported, path: path,
        detail: "the voxels have datatype \(raw.datatype) "
          + "(\(NIfTIDatatype.name(ofUnsupported: raw.datatype))); integers and real numbers are read"
      )
    }
    guard Int(raw.bitpix) == datatype.byteCount * 8 else {
      throw NIfTIError(
        .notNIfTI, path: path,
        detail:
          "the header claims \(counted(Int(raw.bitpix), "bit")) a voxel for datatype \(datatype)")
    }
    return datatype
  }

  private static func dataOffset(
    _ raw: cnifti_header, isPair: Bool, path: String
  ) throws(NIfTIError) -> Int {
    let offset = raw.vox_offset
    // float32 counts single bytes up to 2^24.
    let least = isPair ? 0 : Float(CNIFTI_DATA_OFFSET)
    guard offset >= least, offset <= 16_777_216, offset == offset.rounded()
    else {
      throw NIfTIError(
        .notNIfTI, path: path,
        detail: "the header lets the voxels begin at byte \(offset); \(Int(least)) is the least")
    }
    return Int(offset)
  }

  /// A slope of zero, and nibabel's NaN, mean that the stored values are the true ones.
  private static func scale(
    _ raw: cnifti_header, path: String
  ) throws(NIfTIError) -> SIMD2<Double>? {
    guard raw.scl_slope.isFinite, raw.scl_slope != 0 else { return nil }
    guard raw.scl_inter.isFinite else {
      throw NIfTIError(
        .notNIfTI, path: path, detail: "the header's intercept is \(raw.scl_inter)")
    }
    if raw.scl_slope == 1 && raw.scl_inter == 0 { return nil }
    return SIMD2(Double(raw.scl_slope), Double(raw.scl_inter))
  }
}
