// SPDX-License-Identifier: Apache-2.0

/// What a score says about the scan that it was made from.
public struct ScanQuality: Hashable, Codable, Sendable {
  /// The tube voltage in kV.
  public var kilovoltage: Double?
  /// The nominal slice thickness in mm.
  public var thickness: Double?
  /// The distance between slices in mm.
  public var increment: Double?
  /// The reconstruction kernel.
  public var kernel: String?
  /// The robust standard deviation of HU in homogeneous tissue.
  public var noise: Double?
  /// What a reader of the score should know, as sentences.
  public var warnings: [String]

  /// What is known of a scan; unknown facts are `nil`.
  public init(
    kilovoltage: Double? = nil, thickness: Double? = nil, increment: Double? = nil,
    kernel: String? = nil, noise: Double? = nil, warnings: [String] = []
  ) {
    self.kilovoltage = kilovoltage
    self.thickness = thickness
    self.increment = increment
    self.kernel = kernel
    self.noise = noise
    self.warnings = warnings
  }

  private enum CodingKeys: String, CodingKey {
    case kilovoltage = "kv"
    case thickness = "thickness_mm"
    case increment = "increment_mm"
    case kernel
    case noise = "noise_hu"
    case warnings
  }

  /// Writes every key; unknown facts are null.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kilovoltage, forKey: .kilovoltage)
    try container.encode(thickness, forKey: .thickness)
    try container.encode(increment, forKey: .increment)
    try container.encode(kernel, forKey: .kernel)
    try container.encode(noise, forKey: .noise)
    try container.encode(warnings, forKey: .warnings)
  }
}

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
