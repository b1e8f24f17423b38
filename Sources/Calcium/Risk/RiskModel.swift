// SPDX-License-Identifier: Apache-2.0

/// A published model of a person's risk.
public protocol RiskModel: Sendable {
  /// The name by which users choose it.
  var name: String { get }
  /// Authors, year and DOI.
  var publication: String { get }
  /// The ages that it holds for, in completed years.
  var ages: ClosedRange<Int> { get }
  /// Whom it holds for, besides the ages.
  var people: String { get }
  /// What has to be known.
  var inputs: [RiskInput] { get }
  /// The values that it holds for, where its authors name them.
  var ranges: [RiskInput: ClosedRange<Double>] { get }
  /// What it estimates, in the order of `values`.
  var outcomes: [String] { get }
  /// The unit of the estimates: "%" or "years".
  var unit: String { get }
  /// The estimates of a person of whom all inputs are known.
  func values(_ person: KnownFactors) throws(RiskRefusal) -> [Double]
  /// The category of an estimate by the model's own guideline; `nil` where it has none.
  func category(of value: Double, _ person: KnownFactors) -> String?
}

/// Why there is no number.
public struct RiskRefusal: Error, Hashable, Sendable, CustomStringConvertible {
  /// The reason, which names the input.
  public let reason: String

  /// A refusal with its reason.
  public init(_ reason: String) { self.reason = reason }

  /// The reason.
  public var description: String { reason }
}

/// What a model says about a person.
public struct RiskEstimate: Hashable, Sendable {
  /// The model's name.
  public let model: String
  /// What is estimated.
  public let outcome: String
  /// The estimate, and its unit: a risk in percent, or years.
  public let value: Double
  /// The unit.
  public let unit: String
  /// Its category by the model's guideline; `nil` where it has none.
  public let category: String?
}

extension RiskModel {
  /// None but the ages.
  public var ranges: [RiskInput: ClosedRange<Double>] { [:] }

  /// None.
  public func category(of value: Double, _ person: KnownFactors) -> String? { nil }

  /// Whom the model holds for: ages and people.
  public var validity: String {
    "\(ages.lowerBound) to \(ages.upperBound) years, \(people)"
  }

  /// The estimates of a person.
  ///
  /// - Throws: `RiskRefusal` that names each input that is missing or cannot be, or the age for which
  ///   the model does not hold.
  public func estimates(_ factors: RiskFactors) throws(RiskRefusal) -> [RiskEstimate] {
    let missing = inputs.filter { !$0.isKnown(factors) }
    guard missing.isEmpty else {
      throw RiskRefusal("\(missing.map(\.rawValue).joined(separator: ", ")) missing")
    }
    for input in inputs {
      guard let number = input.number(factors) else { continue }
      guard number.isFinite, input.plausible.contains(number) else {
        throw RiskRefusal(
          "\(input.rawValue) \(Self.text(number)) is not plausible: "
            + Self.text(input.plausible, input))
      }
      if let range = ranges[input], !range.contains(number) {
        throw RiskRefusal(
          "\(input.rawValue) \(Self.text(number)) is outside \(Self.text(range, input))")
      }
    }
    // A model that does not ask for the age still holds for some ages alone.
    if let age = factors.age {
      guard RiskInput.age.plausible.contains(age) else {
        throw RiskRefusal("age \(Self.text(age)) is not plausible")
      }
      guard ages.contains(Int(age)) else {
        throw RiskRefusal(
          "age \(Self.text(age)) is outside \(ages.lowerBound) to \(ages.upperBound) years")
      }
    }
    if let total = factors.totalCholesterol, let hdl = factors.hdlCholesterol,
      inputs.contains(.hdlCholesterol), hdl >= total
    {
      throw RiskRefusal("HDL cholesterol is not below total cholesterol")
    }
    let person = KnownFactors(factors)
    let values = try values(person)
    return zip(outcomes, values).map {
      RiskEstimate(
        model: name, outcome: $0, value: $1, unit: unit, category: category(of: $1, person))
    }
  }

  private static func text(_ range: ClosedRange<Double>, _ input: RiskInput) -> String {
    let numbers = "\(text(range.lowerBound)) to \(text(range.upperBound))"
    return input.unit.isEmpty ? numbers : "\(numbers) \(input.unit)"
  }

  private static func text(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e9 ? "\(Int(number))" : "\(number)"
  }
}

/// The inputs of a person without `nil`: models read only those that they ask for.
public struct KnownFactors: Sendable {
  private let factors: RiskFactors

  init(_ factors: RiskFactors) { self.factors = factors }

  var age: Double { factors.age ?? .nan }
  var isMale: Bool { factors.sex == .male }
  var race: RiskFactors.Race { factors.race ?? .white }
  var region: RiskFactors.Region { factors.region ?? .low }
  /// In mg/dL.
  var total: Double { factors.totalCholesterol ?? .nan }
  var hdl: Double { factors.hdlCholesterol ?? .nan }
  /// In mmol/L.
  var totalMolar: Double { total * RiskFactors.millimolesPerMilligram }
  var hdlMolar: Double { hdl * RiskFactors.millimolesPerMilligram }
  var pressure: Double { factors.systolicPressure ?? .nan }
  var pressureDrug: Double { Self.one(factors.pressureMedication) }
  var lipidDrug: Double { Self.one(factors.lipidMedication) }
  var diabetes: Double { Self.one(factors.diabetes) }
  var smoker: Double { Self.one(factors.smoker) }
  var family: Double { Self.one(factors.familyHistory) }
  var bmi: Double { factors.bodyMassIndex ?? .nan }
  var egfr: Double { factors.filtrationRate ?? .nan }
  var agatston: Double { factors.agatston ?? .nan }

  private static func one(_ flag: Bool?) -> Double { flag == true ? 1 : 0 }
}
