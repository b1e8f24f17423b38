// SPDX-License-Identifier: Apache-2.0
public import Volume

/// What the pairing and the audit need to know of one DICOM series.
public struct SeriesSummary: Sendable {
  /// The SeriesInstanceUID.
  public var uid: String
  /// The folder that holds the files, relative to the subject's folder; empty for that folder itself.
  public var folder: String
  /// The `ImagePositionPatient` of each file in LPS mm, in the order of the file names.
  public var positions: [SIMD3<Double>]
  /// The directions of growing column and row index, from `ImageOrientationPatient`.
  ///
  /// The third direction is not used.
  public var direction: Direction
  /// The distance between pixel centres along (x, y) in mm; DICOM's `PixelSpacing` is (y, x).
  public var pixelSpacing: SIMD2<Double>
  /// The number of rows.
  public var rows: Int
  /// The number of columns.
  public var columns: Int
  /// The SliceThickness in mm, which need not be the increment.
  public var thickness: Double?
  /// The tube voltage in kV.
  public var kilovolts: Double?
  /// The reconstruction kernel.
  public var kernel: String?
  /// The transfer syntax UID.
  public var transferSyntax: String?

  /// An outline; lengths in mm, positions in LPS.
  public init(
    uid: String, folder: String = "", positions: [SIMD3<Double>],
    direction: Direction = .identity, pixelSpacing: SIMD2<Double>, rows: Int, columns: Int,
    thickness: Double? = nil, kilovolts: Double? = nil, kernel: String? = nil,
    transferSyntax: String? = nil
  ) {
    self.uid = uid
    self.folder = folder
    self.positions = positions
    self.direction = direction
    self.pixelSpacing = pixelSpacing
    self.rows = rows
    self.columns = columns
    self.thickness = thickness
    self.kilovolts = kilovolts
    self.kernel = kernel
    self.transferSyntax = transferSyntax
  }
}
