// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The 10-year risk of coronary heart disease by MESA, with or without the calcium score.
///
/// 1 − S₀^exp(Σ βx), without centring (McClelland 2015, Table 2, doi:10.1016/j.jacc.2015.08.035).
public struct MESARisk: RiskModel {
  private let hasCalcium: Bool

  /// The model with or without calcium.
  public init(calcium: Bool) { hasCalcium = calcium }

  /// The names: mesa-cac and mesa.
  public var name: String { hasCalcium ? "mesa-cac" : "mesa" }
  /// McClelland 2015.
  public var publication: String {
    "McClelland 2015, J Am Coll Cardiol 66:1643, doi:10.1016/j.jacc.2015.08.035"
  }
  /// 45 to 85 years.
  public var ages: ClosedRange<Int> { 45...85 }
  /// People without known disease.
  public var people: String { "no known cardiovascular disease" }
  /// All that MESA asks for.
  public var inputs: [RiskInput] {
    [
      .age, .sex, .race, .diabetes, .smoker, .totalCholesterol, .hdlCholesterol, .lipidMedication,
      .systolicPressure, .pressureMedication, .familyHistory,
    ] + (hasCalcium ? [.agatston] : [])
  }
  /// Coronary heart disease.
  public var outcomes: [String] { ["10-year CHD"] }
  /// Percent.
  public var unit: String { "%" }

  // In the order of `terms`: age, male, Chinese, Black, Hispanic, diabetes, smoker, total and HDL
  // cholesterol, lipid drug, pressure, pressure drug, family history, ln(calcium + 1).
  private static let without = [
    0.0455, 0.7496, -0.5055, -0.2111, -0.1900, 0.5168, 0.4732, 0.0053, -0.0140, 0.2473, 0.0085,
    0.3381, 0.4522, 0,
  ]
  private static let with = [
    0.0172, 0.4079, -0.3475, 0.0353, -0.0222, 0.3892, 0.3717, 0.0043, -0.0114, 0.1206, 0.0066,
    0.2278, 0.3239, 0.2743,
  ]

  /// The risk.
  public func values(_ person: KnownFactors) -> [Double] {
    let terms = [
      person.age, person.isMale ? 1 : 0, person.race == .chinese ? 1 : 0,
      person.race == .black ? 1 : 0, person.race == .hispanic ? 1 : 0, person.diabetes,
      person.smoker, person.total, person.hdl, person.lipidDrug, person.pressure,
      person.pressureDrug, person.family, hasCalcium ? log1p(person.agatston) : 0,
    ]
    let sum = zip(hasCalcium ? Self.with : Self.without, terms).reduce(0) { $0 + $1.0 * $1.1 }
    let survival = hasCalcium ? 0.99833 : 0.99963
    return [100 * (1 - pow(survival, exp(sum)))]
  }
}
