// SPDX-License-Identifier: Apache-2.0
import Text

/// What a written series says beside its voxels and its place.
public struct DICOMSeriesOptions: Sendable {
  /// How HU are stored.
  public enum Encoding: String, Sendable, CaseIterable {
    /// 12 bits unsigned with intercept −1024, as Siemens scanners do: −1024 … 3071 HU.
    case unsigned12
    /// 16 bits in two's complement with intercept −1024, as GE scanners do: −32768 … 31743 HU.
    case signed16
  }

  /// How files are encoded.
  public enum TransferSyntax: String, Sendable {
    /// Explicit value representations, little endian, uncompressed.
    case explicitLittleEndian = "1.2.840.10008.1.2.1"
  }

  /// The study's unique identifier.
  public var studyUID: String
  /// The series' unique identifier; those of the slices are derived from it.
  public var seriesUID: String
  /// The unique identifier of the coordinate system.
  public var frameOfReferenceUID: String
  /// The series' number in the study.
  public var seriesNumber: Int
  /// How the series claims to have been acquired.
  public var acquisition: Acquisition
  /// How HU are stored.
  public var encoding: Encoding
  /// How files are encoded.
  public var transferSyntax: TransferSyntax
  /// The name of the file of a slice index.
  public var fileName: @Sendable (Int) -> String

  /// Options whose identifiers are derived from one text, for example "cohort 7, subject 12".
  ///
  /// The name of slice 0 is `IM0000.dcm`.
  public init(
    identifiersFrom text: String, seriesNumber: Int = 2,
    acquisition: Acquisition = Acquisition(kilovolts: 120), encoding: Encoding = .unsigned12,
    transferSyntax: TransferSyntax = .explicitLittleEndian,
    fileName: @escaping @Sendable (Int) -> String = DICOMSeriesOptions.standardFileName
  ) {
    studyUID = UID.derived(from: "study of \(text)")
    seriesUID = UID.derived(from: "series \(seriesNumber) of \(text)")
    frameOfReferenceUID = UID.derived(from: "frame of reference of \(text)")
    self.seriesNumber = seriesNumber
    self.acquisition = acquisition
    self.encoding = encoding
    self.transferSyntax = transferSyntax
    self.fileName = fileName
  }

  /// The name of the file of a slice index as in COCA: `IM0000.dcm` for slice 0.
  @Sendable public static func standardFileName(_ index: Int) -> String {
    "IM" + String(index).zeroPadded(to: 4) + ".dcm"
  }
}
