// SPDX-License-Identifier: Apache-2.0

/// What is known of one person: the inputs of models of cardiovascular risk, in one unit each.
///
/// What is not known is `nil`; no model guesses it.
public struct RiskFactors: Hashable, Sendable {
  /// Age in years.
  public var age: Double?
  /// The sex that the models distinguish.
  public var sex: Sex?
  /// The group that MESA and the Pooled Cohort Equations distinguish.
  public var race: Race?
  /// Total cholesterol in mg/dL.
  public var totalCholesterol: Double?
  /// HDL cholesterol in mg/dL.
  public var hdlCholesterol: Double?
  /// Systolic blood pressure in mmHg.
  public var systolicPressure: Double?
  /// Whether the blood pressure is treated by drugs.
  public var pressureMedication: Bool?
  /// Whether lipids are lowered by drugs.
  public var lipidMedication: Bool?
  /// Whether the person has diabetes.
  public var diabetes: Bool?
  /// Whether the person smokes now.
  public var smoker: Bool?
  /// Whether a parent, sibling or child had a heart attack.
  public var familyHistory: Bool?
  /// Body mass index in kg/m².
  public var bodyMassIndex: Double?
  /// Estimated glomerular filtration rate in mL/min/1.73 m².
  public var filtrationRate: Double?
  /// The Agatston score.
  public var agatston: Double?
  /// The European region by its cardiovascular mortality, for SCORE2.
  public var region: Region?

  /// Nothing known.
  public init() {}

  /// Sex as the models distinguish it.
  public enum Sex: String, CaseIterable, Sendable {
    /// A woman.
    case female
    /// A man.
    case male
  }

  /// Groups of the American cohorts, as their publications name them.
  public enum Race: String, CaseIterable, Sendable {
    /// White.
    case white
    /// Black or African American.
    case black
    /// Hispanic.
    case hispanic
    /// Chinese American.
    case chinese
  }

  /// The regions of SCORE2, by cardiovascular mortality (ESC 2021).
  public enum Region: String, CaseIterable, Sendable {
    /// For example Denmark, France, Switzerland, the Netherlands.
    case low
    /// For example Germany, Italy, Portugal.
    case moderate
    /// For example Poland, Turkey.
    case high
    /// For example Romania, Russia.
    case veryHigh = "very-high"
  }

  /// mmol/L of cholesterol for each mg/dL (Khan 2024).
  public static let millimolesPerMilligram = 0.02586
}
