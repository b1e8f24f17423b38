// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation

/// One slice of a series: a file or a frame of one, and what its header says about the slice.
public struct DICOMFile: Sendable, Hashable {
  /// The file.
  public let url: URL
  /// Which frame of the file the slice is; 0 in files of one slice.
  public let frame: Int
  /// How many frames the file holds.
  public let frameCount: Int
  /// The centre of the first pixel in LPS mm (ImagePositionPatient).
  public let origin: SIMD3<Double>
  /// The position along the slice normal in mm: for axial slices their z in LPS.
  public let position: Double
  /// The slice's number in the series, which follows no common direction (InstanceNumber).
  public let instanceNumber: Int?
  /// The unique identifier of the slice (SOPInstanceUID).
  public let instanceUID: String
  /// How many bytes of the uncompressed pixels the file lacks; compressed pixels are not counted
  /// before they are read.
  public let missingByteCount: Int

  /// How the stored values become HU.
  let encoding: PixelEncoding
  let transferSyntax: TransferSyntax
  let pixels: DataSet.Pixels
  /// Where a deflated data set begins in the file.
  let deflatedFrom: Int?
  /// Shows whether the file changed since.
  let state: FileState

  /// What messages call the slice.
  var name: String { url.lastPathComponent + (frameCount > 1 ? " frame \(frame + 1)" : "") }
}
