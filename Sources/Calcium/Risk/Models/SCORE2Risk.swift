// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The 10-year risk of fatal and non-fatal cardiovascular disease by SCORE2, and from 70 years on by
/// SCORE2-OP.
///
/// p₀ = 1 − S₀^exp(x), and with the scales of a region p = 1 − exp(−exp(s₁ + s₂ ln(−ln(1 − p₀)))) (SCORE2
/// working group 2021, doi:10.1093/eurheartj/ehab309; SCORE2-OP working group 2021,
/// doi:10.1093/eurheartj/ehab312). SCORE2 is not meant for people with diabetes; its coefficients hold
/// the term that its recalibration needs.
public struct SCORE2Risk: RiskModel {
  private let isOlder: Bool

  /// SCORE2, or SCORE2-OP for people from 70 years on.
  public init(older: Bool) { isOlder = older }

  /// The names: score2 and score2-op.
  public var name: String { isOlder ? "score2-op" : "score2" }
  /// The working groups' papers.
  public var publication: String {
    isOlder
      ? "SCORE2-OP working group 2021, Eur Heart J 42:2455, doi:10.1093/eurheartj/ehab312"
      : "SCORE2 working group 2021, Eur Heart J 42:2439, doi:10.1093/eurheartj/ehab309"
  }
  /// 40 to 69 years, or 70 to 89.
  public var ages: ClosedRange<Int> { isOlder ? 70...89 : 40...69 }
  /// The guideline has another model for diabetes.
  public var people: String { "no known cardiovascular disease or diabetes" }
  /// All that SCORE2 asks for.
  public var inputs: [RiskInput] {
    [
      .age, .sex, .smoker, .systolicPressure, .diabetes, .totalCholesterol, .hdlCholesterol,
      .region,
    ]
  }
  /// Cardiovascular disease.
  public var outcomes: [String] { ["10-year CVD"] }
  /// Percent.
  public var unit: String { "%" }

  // Age, smoker, pressure, diabetes, cholesterol, HDL, then the products of age with the last five.
  private static let middle: [Bool: (survival: Double, terms: [Double])] = [
    true: (
      0.9605,
      [0.3742, 0.6012, 0.2777, 0.6457, 0.1458, -0.2698, -0.0755, -0.0255, -0.0983, -0.0281, 0.0426]
    ),
    false: (
      0.9776,
      [0.4648, 0.7744, 0.3131, 0.8096, 0.1002, -0.2606, -0.1088, -0.0277, -0.1272, -0.0226, 0.0613]
    ),
  ]
  // The offset is added, as the example of the supplement (methods, table 3) shows.
  private static let older: [Bool: (survival: Double, offset: Double, terms: [Double])] = [
    true: (
      0.7576, -0.0929,
      [0.0634, 0.3524, 0.0094, 0.4245, 0.0850, -0.3564, -0.0247, -0.0005, -0.0174, 0.0073, 0.0091]
    ),
    false: (
      0.8082, -0.229,
      [0.0789, 0.4921, 0.0102, 0.6010, 0.0605, -0.3040, -0.0255, -0.0004, -0.0107, -0.0009, 0.0154]
    ),
  ]

  private static func scales(_ region: RiskFactors.Region, isMale: Bool, isOlder: Bool) -> (
    Double, Double
  ) {
    switch (region, isMale, isOlder) {
    case (.low, true, false): (-0.5699, 0.7476)
    case (.low, false, false): (-0.7380, 0.7019)
    case (.moderate, true, false): (-0.1565, 0.8009)
    case (.moderate, false, false): (-0.3143, 0.7701)
    case (.high, true, false): (0.3207, 0.9360)
    case (.high, false, false): (0.5710, 0.9369)
    case (.veryHigh, true, false): (0.5836, 0.8294)
    case (.veryHigh, false, false): (0.9412, 0.8329)
    case (.low, true, true): (-0.34, 1.19)
    case (.low, false, true): (-0.52, 1.01)
    case (.moderate, true, true): (0.01, 1.25)
    case (.moderate, false, true): (-0.10, 1.10)
    case (.high, true, true): (0.08, 1.15)
    case (.high, false, true): (0.38, 1.09)
    case (.veryHigh, true, true): (0.05, 0.70)
    case (.veryHigh, false, true): (0.38, 0.69)
    }
  }

  /// The bands of the ESC's guideline of 2021: up to 49 years 2.5 and 7.5 %, up to 69 years 5 and
  /// 10 %, from 70 years on 7.5 and 15 % (doi:10.1093/eurheartj/ehab484).
  public func category(of value: Double, _ person: KnownFactors) -> String? {
    let (high, veryHigh) =
      person.age < 50 ? (2.5, 7.5) : person.age < 70 ? (5.0, 10.0) : (7.5, 15.0)
    return value < high ? "low to moderate" : value < veryHigh ? "high" : "very high"
  }

  /// The risk.
  public func values(_ person: KnownFactors) -> [Double] {
    let sum: Double
    let survival: Double
    if isOlder {
      guard let model = Self.older[person.isMale] else { return [.nan] }
      sum =
        Self.sum(
          model.terms, person, age: person.age - 73, pressure: person.pressure - 150,
          hdl: person.hdlMolar - 1.4) + model.offset
      survival = model.survival
    } else {
      guard let model = Self.middle[person.isMale] else { return [.nan] }
      sum = Self.sum(
        model.terms, person, age: (person.age - 60) / 5, pressure: (person.pressure - 120) / 20,
        hdl: (person.hdlMolar - 1.3) / 0.5)
      survival = model.survival
    }
    // ln(−ln(1 − p₀)) = x + ln(−ln S₀)
    let (first, second) = Self.scales(person.region, isMale: person.isMale, isOlder: isOlder)
    return [100 * (1 - exp(-exp(first + second * (sum + log(-log(survival))))))]
  }

  private static func sum(
    _ terms: [Double], _ person: KnownFactors, age: Double, pressure: Double, hdl: Double
  ) -> Double {
    let cholesterol = person.totalMolar - 6
    let single = [person.smoker, pressure, person.diabetes, cholesterol, hdl]
    return zip(terms, [age] + single + single.map { $0 * age }).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
