// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The 10-year risk of a first atherosclerotic event by the Pooled Cohort Equations.
///
/// 1 − S₀^exp(Σ βx − mean), for White and Black women and men (Goff 2013, Table A,
/// doi:10.1161/01.cir.0000437741.48606.98). Its authors advise the equations of White people for others;
/// here others get no number, since race is never guessed.
public struct PooledCohortRisk: RiskModel {
  /// The equations.
  public init() {}

  /// The name: pce.
  public var name: String { "pce" }
  /// Goff 2013.
  public var publication: String {
    "Goff 2013, Circulation 129 (25 suppl 2):S49, doi:10.1161/01.cir.0000437741.48606.98"
  }
  /// 40 to 79 years.
  public var ages: ClosedRange<Int> { 40...79 }
  /// The two groups that the equations were made for.
  public var people: String { "White or Black, no known cardiovascular disease" }
  /// All that the equations ask for.
  public var inputs: [RiskInput] {
    [
      .age, .sex, .race, .totalCholesterol, .hdlCholesterol, .systolicPressure, .pressureMedication,
      .smoker, .diabetes,
    ]
  }
  /// Atherosclerotic cardiovascular disease.
  public var outcomes: [String] { ["10-year ASCVD"] }
  /// Percent.
  public var unit: String { "%" }

  private struct Group {
    /// ln age, its square, ln TC, ln age · ln TC, ln HDL, ln age · ln HDL, ln treated pressure and its
    /// product with ln age, ln untreated pressure and its product, smoker and its product, diabetes.
    let terms: [Double]
    let mean: Double
    let survival: Double
  }

  private static let whiteMen = Group(
    terms: [
      12.344, 0, 11.853, -2.664, -7.990, 1.769, 1.797, 0, 1.764, 0, 7.837, -1.795, 0.658,
    ], mean: 61.18, survival: 0.9144)
  private static let blackMen = Group(
    terms: [2.469, 0, 0.302, 0, -0.307, 0, 1.916, 0, 1.809, 0, 0.549, 0, 0.645], mean: 19.54,
    survival: 0.8954)
  private static let whiteWomen = Group(
    terms: [
      -29.799, 4.884, 13.540, -3.114, -13.578, 3.149, 2.019, 0, 1.957, 0, 7.574, -1.665, 0.661,
    ], mean: -29.18, survival: 0.9665)
  private static let blackWomen = Group(
    terms: [
      17.114, 0, 0.940, 0, -18.920, 4.475, 29.291, -6.432, 27.820, -6.087, 0.691, 0, 0.874,
    ], mean: 86.61, survival: 0.9533)

  /// The risk.
  public func values(_ person: KnownFactors) throws(RiskRefusal) -> [Double] {
    let group: Group
    switch (person.race, person.isMale) {
    case (.white, true): group = Self.whiteMen
    case (.white, false): group = Self.whiteWomen
    case (.black, true): group = Self.blackMen
    case (.black, false): group = Self.blackWomen
    default:
      throw RiskRefusal("race \(person.race.rawValue): the equations know white and black alone")
    }
    let (age, total, hdl, pressure) = (
      log(person.age), log(person.total), log(person.hdl), log(person.pressure)
    )
    let (treated, untreated) = (
      person.pressureDrug * pressure, (1 - person.pressureDrug) * pressure
    )
    let terms = [
      age, age * age, total, age * total, hdl, age * hdl, treated, age * treated, untreated,
      age * untreated, person.smoker, age * person.smoker, person.diabetes,
    ]
    let sum = zip(group.terms, terms).reduce(0) { $0 + $1.0 * $1.1 }
    return [100 * (1 - pow(group.survival, exp(sum - group.mean)))]
  }
}
