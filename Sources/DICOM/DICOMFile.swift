// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// One slice of a series: a file, and what its header says about the slice.
public struct DICOMFile: Sendable, Hashable {
  /// The file.
  public let url: URL
  /// The centre of the first pixel in LPS mm (ImagePositionPatient).
  public let origin: SIMD3<Double>
  /// The position along the slice normal in mm: for axial slices their z in LPS.
  public let position: Double
  /// The slice's number in the series, which follows no common direction (InstanceNumber).
  public let instanceNumber: Int?
  /// The unique identifier of the slice (SOPInstanceUID).
  public let instanceUID: String
  /// How many bytes of the pixels the file lacks; such a slice cannot be read.
  public let missingByteCount: Int

  /// How the stored values become HU.
  let encoding: PixelEncoding
  let transferSyntax: TransferSyntax
  let pixels: DataSet.Pixels
  /// Shows whether the file changed since.
  let stamp: FileStamp
}

/// The size and the modification time of a file.
struct FileStamp: Hashable, Sendable {
  let size: Int
  let seconds: Int
  let nanoseconds: Int
}
