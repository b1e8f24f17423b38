// SPDX-License-Identifier: Apache-2.0

/// The score of one study as it is written to a JSON file.
public struct StudyScore: Hashable, Sendable {
  /// The study's name in the data set; never a patient's.
  public var study: String
  /// The SeriesInstanceUID of the scored series; `nil` where the CT did not come from DICOM.
  public var seriesUID: String?
  /// The score.
  public var score: CalciumScore
  /// The scan; the score's warnings are among its own.
  public var quality: ScanQuality

  /// A study's score; the score's warnings are added to those of the scan.
  public init(study: String, seriesUID: String?, score: CalciumScore, quality: ScanQuality) {
    self.study = study
    self.seriesUID = seriesUID
    self.score = score
    self.quality = quality
    self.quality.warnings += score.warnings.filter { !quality.warnings.contains($0) }
  }
}
