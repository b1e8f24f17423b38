// SPDX-License-Identifier: Apache-2.0

/// The categories that a score falls into.
public struct RiskCategories: Hashable, Sendable {
  /// The class of the Erasmus study; its key in JSON is "seed".
  public let fiveClass: FiveClassRisk
  /// The customary class.
  public let standard: StandardClass
  /// Whether the score lies above 1,000, which the customary classes do not tell.
  public let isAbove1000: Bool
  /// The CAC-DRS class.
  public let cacDRS: CACDRS

  /// The categories of an Agatston score; `nil` for a negative score, infinity or NaN.
  public init?(agatston score: Double, calcifiedArteries: Int?) {
    guard score.isFinite, let fiveClass = FiveClassRisk(agatston: score),
      let standard = StandardClass(agatston: score),
      let cacDRS = CACDRS(agatston: score, calcifiedArteries: calcifiedArteries)
    else { return nil }
    self.fiveClass = fiveClass
    self.standard = standard
    self.cacDRS = cacDRS
    isAbove1000 = score > 1000
  }
}

extension RiskCategories: Encodable {
  private enum CodingKeys: String, CodingKey {
    case standard
    case fiveClass = "seed"
    case isAbove1000 = "above_1000"
    case cacDRS = "cac_drs"
  }

  /// Writes the classes by their names.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(fiveClass, forKey: .fiveClass)
    try container.encode(standard, forKey: .standard)
    try container.encode(isAbove1000, forKey: .isAbove1000)
    try container.encode(cacDRS.code, forKey: .cacDRS)
  }
}

/// The five risk classes of the Erasmus study; bands are half-open, so no score falls between two.
///
/// The study is Triacca J, Mo H, Bron E, *Coronary Artery Calcium Scoring from Non-Contrast Cardiac
/// CT Using Segmentation and Deep Learning*, internship report, Erasmus MC, 2024. This project began
/// with it and repeats its choices on request, so that numbers can be compared: its contour fill
/// (`ContourFill.erasmus`), its convention (`Convention.erasmus`) and its protocol of evaluation
/// (`EvaluationOptions.erasmusStudy`). Files call classes, fill and convention "seed", an earlier
/// word for the study that has nothing to do with seeds of random numbers.
public enum FiveClassRisk: String, Codable, CaseIterable, Comparable, Sendable {
  /// Below 1.
  case veryLow = "very low"
  /// From 1, below 10.
  case low
  /// From 10, below 100.
  case moderate
  /// From 100, below 400.
  case moderatelyHigh = "moderately high"
  /// 400 and above.
  case high

  /// The class of an Agatston score; `nil` for a negative score or NaN.
  public init?(agatston score: Double) {
    guard score >= 0 else { return nil }
    self =
      score < 1
      ? .veryLow
      : score < 10
        ? .low
        : score < 100
          ? .moderate
          : score < 400 ? .moderatelyHigh : .high
  }

  /// The place in the order of the classes, from 0.
  public var index: Int {
    switch self {
    case .veryLow: 0
    case .low: 1
    case .moderate: 2
    case .moderatelyHigh: 3
    case .high: 4
    }
  }

  /// Orders the classes by their scores.
  public static func < (a: FiveClassRisk, b: FiveClassRisk) -> Bool { a.index < b.index }
}

/// The customary five classes: 0, to 10, to 100, to 400, above 400, each with its upper end.
public enum StandardClass: String, Codable, CaseIterable, Sendable {
  /// Exactly 0.
  case zero = "0"
  /// Above 0, up to 10.
  case minimal = "1-10"
  /// Above 10, up to 100.
  case mild = "11-100"
  /// Above 100, up to 400.
  case moderate = "101-400"
  /// Above 400.
  case severe = ">400"

  /// The class of an Agatston score; `nil` for a negative score or NaN.
  public init?(agatston score: Double) {
    guard score >= 0 else { return nil }
    self =
      score == 0
      ? .zero
      : score <= 10
        ? .minimal
        : score <= 100
          ? .mild
          : score <= 400 ? .moderate : .severe
  }
}

/// The CAC-DRS class of a gated scan (Hecht 2018, doi:10.1016/j.jcct.2018.03.008).
public struct CACDRS: Hashable, Sendable, CustomStringConvertible {
  /// The band of the score: 0 for 0, 1 below 100, 2 below 300, 3 from 300.
  public let band: Int
  /// The number of calcified arteries, 0 to 4; `nil` where the arteries are unknown.
  public let arteries: Int?

  /// The class of an Agatston score; `nil` for a negative score or NaN.
  public init?(agatston score: Double, calcifiedArteries: Int?) {
    guard score >= 0 else { return nil }
    band = score == 0 ? 0 : score < 100 ? 1 : score < 300 ? 2 : 3
    arteries = calcifiedArteries
  }

  /// The short form that files use, for example "A2/N3", or "A2" where the arteries are unknown.
  public var code: String { arteries.map { "A\(band)/N\($0)" } ?? "A\(band)" }

  /// The form that reports use, for example "CAC-DRS A2/N3".
  public var description: String { "CAC-DRS \(code)" }
}
