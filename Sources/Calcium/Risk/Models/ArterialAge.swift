// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The age at which people of MESA have the same coronary risk as the calcium score says.
///
/// 39.1 + 7.25 ln(Agatston + 1) years (McClelland 2009, doi:10.1016/j.amjcard.2008.08.038). It is meant
/// for people without known coronary disease.
public struct ArterialAge: RiskModel {
  /// The formula.
  public init() {}

  /// The name: arterial-age.
  public var name: String { "arterial-age" }
  /// McClelland 2009.
  public var publication: String {
    "McClelland 2009, Am J Cardiol 103:59, doi:10.1016/j.amjcard.2008.08.038"
  }
  /// The ages of MESA; the formula does not ask for the age.
  public var ages: ClosedRange<Int> { 45...84 }
  /// People without known disease.
  public var people: String { "no known coronary disease" }
  /// The calcium score alone.
  public var inputs: [RiskInput] { [.agatston] }
  /// The arterial age.
  public var outcomes: [String] { ["arterial age"] }
  /// Years.
  public var unit: String { "years" }

  /// The age.
  public func values(_ person: KnownFactors) -> [Double] { [39.1 + 7.25 * log1p(person.agatston)] }
}

/// Every model of risk, in the order in which they are printed.
public enum RiskModels {
  /// The models.
  public static let all: [any RiskModel] = [
    MESARisk(calcium: true), MESARisk(calcium: false), PREVENTRisk(), SCORE2Risk(older: false),
    SCORE2Risk(older: true), PooledCohortRisk(), ArterialAge(),
  ]
}
