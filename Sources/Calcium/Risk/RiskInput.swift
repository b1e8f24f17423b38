// SPDX-License-Identifier: Apache-2.0
import Text

/// An input of the models, with the values that a person can have.
public enum RiskInput: String, CaseIterable, Sendable {
  case age, sex, race
  case totalCholesterol = "total cholesterol"
  case hdlCholesterol = "HDL cholesterol"
  case systolicPressure = "systolic pressure"
  case pressureMedication = "pressure medication"
  case lipidMedication = "lipid medication"
  case diabetes, smoker
  case familyHistory = "family history"
  case bodyMassIndex = "BMI"
  case filtrationRate = "eGFR"
  case agatston, region

  /// The unit of numbers.
  public var unit: String {
    switch self {
    case .age: "years"
    case .totalCholesterol, .hdlCholesterol: "mg/dL"
    case .systolicPressure: "mmHg"
    case .bodyMassIndex: "kg/m²"
    case .filtrationRate: "mL/min/1.73 m²"
    default: ""
    }
  }

  /// The range outside of which a number is a slip or another unit, and no person's.
  public var plausible: ClosedRange<Double> {
    switch self {
    case .age: 18...110
    case .totalCholesterol: 60...600
    case .hdlCholesterol: 8...180
    case .systolicPressure: 60...260
    case .bodyMassIndex: 10...80
    case .filtrationRate: 2...220
    case .agatston: 0...20_000
    default: 0...1
    }
  }

  /// The number of a person; `nil` where it is not known or no number.
  func number(_ factors: RiskFactors) -> Double? {
    switch self {
    case .age: factors.age
    case .totalCholesterol: factors.totalCholesterol
    case .hdlCholesterol: factors.hdlCholesterol
    case .systolicPressure: factors.systolicPressure
    case .bodyMassIndex: factors.bodyMassIndex
    case .filtrationRate: factors.filtrationRate
    case .agatston: factors.agatston
    default: nil
    }
  }

  /// Whether it is known of a person.
  func isKnown(_ factors: RiskFactors) -> Bool {
    switch self {
    case .sex: factors.sex != nil
    case .race: factors.race != nil
    case .region: factors.region != nil
    case .pressureMedication: factors.pressureMedication != nil
    case .lipidMedication: factors.lipidMedication != nil
    case .diabetes: factors.diabetes != nil
    case .smoker: factors.smoker != nil
    case .familyHistory: factors.familyHistory != nil
    default: number(factors) != nil
    }
  }
}

extension RiskInput {
  /// What is known of it, with its unit: "63 years", "yes"; `nil` where it is not known.
  public func text(_ factors: RiskFactors) -> String? {
    if let number = number(factors) {
      let text = number.isFinite ? shortDecimal(number, decimals: 1) : "\(number)"
      return unit.isEmpty ? text : "\(text) \(unit)"
    }
    func word(_ flag: Bool?) -> String? { flag.map { $0 ? "yes" : "no" } }
    return switch self {
    case .sex: factors.sex?.rawValue
    case .race: factors.race?.rawValue
    case .region: factors.region?.rawValue
    case .pressureMedication: word(factors.pressureMedication)
    case .lipidMedication: word(factors.lipidMedication)
    case .diabetes: word(factors.diabetes)
    case .smoker: word(factors.smoker)
    case .familyHistory: word(factors.familyHistory)
    default: nil
    }
  }
}
