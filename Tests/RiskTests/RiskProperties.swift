// SPDX-License-Identifier: Apache-2.0
import Random
import Testing

@testable import Risk

/// What holds for every model and everybody, and whom they refuse.
@Suite struct RiskProperties {
  private static let names = RiskModels.all.map(\.name)

  private func model(_ name: String) throws -> any RiskModel {
    try #require(RiskModels.all.first { $0.name == name })
  }

  /// People over the ranges of a model, with values that patients have.
  private func people(of model: any RiskModel) -> [RiskFactors] {
    var random = SplitMix64(seed: 7)
    return (0..<400).map { number in
      var person = RiskFactors.complete(age: 0)
      func between(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * Double(random.next() >> 11) / Double(1 << 53)
      }
      person.age = between(Double(model.ages.lowerBound), Double(model.ages.upperBound))
      person.sex = number % 2 == 0 ? .female : .male
      person.race = number % 4 < 2 ? .white : .black
      person.region = RiskFactors.Region.allCases[number % 4]
      person.totalCholesterol = between(140, 300)
      person.hdlCholesterol = between(30, 90)
      person.systolicPressure = between(95, 185)
      person.bodyMassIndex = between(19, 39)
      person.filtrationRate = between(35, 125)
      person.agatston = between(0, 1_500)
      for path in [
        \RiskFactors.pressureMedication, \.lipidMedication, \.diabetes, \.smoker, \.familyHistory,
      ] { person[keyPath: path] = random.next() % 2 == 0 }
      return person
    }
  }

  private func first(_ model: any RiskModel, _ person: RiskFactors) throws -> Double {
    try #require(try model.estimates(person).first?.value)
  }

  @Test(arguments: names)
  func risksArePercentages(name: String) throws {
    let model = try model(name)
    for person in people(of: model) where model.unit == "%" {
      for estimate in try model.estimates(person) {
        #expect(estimate.value > 0 && estimate.value < 100, "\(person)")
      }
    }
  }

  @Test(arguments: ["mesa", "mesa-cac", "prevent", "score2", "score2-op"])
  func riskRisesWithSmokingAndPressure(name: String) throws {
    let model = try model(name)
    for var person in people(of: model) {
      // The smoker's term of SCORE2-OP falls with age, for men below zero from 87 on.
      person.age = min(person.age ?? 0, 86)
      person.smoker = false
      let before = try first(model, person)
      person.smoker = true
      #expect(try first(model, person) > before, "\(person)")
      person.smoker = false
      // Below 110 mmHg PREVENT's risk falls with the pressure.
      person.systolicPressure = max(112, person.systolicPressure ?? 0)
      let lower = try first(model, person)
      person.systolicPressure = (person.systolicPressure ?? 0) + 10
      #expect(try first(model, person) > lower, "\(person)")
    }
  }

  @Test(arguments: ["mesa", "mesa-cac", "prevent", "score2", "score2-op", "pce"])
  func riskRisesWithAge(name: String) throws {
    let model = try model(name)
    for var person in people(of: model) {
      // The products with age turn the curve of people with extreme values, in the papers too.
      (person.totalCholesterol, person.hdlCholesterol) = (200, 50)
      (person.systolicPressure, person.smoker, person.diabetes) = (130, false, false)
      (person.bodyMassIndex, person.filtrationRate) = (25, 90)
      person.age = Double(model.ages.lowerBound)
      var before = 0.0
      while let age = person.age, Int(age) <= model.ages.upperBound {
        let risk = try first(model, person)
        #expect(risk > before, "\(person)")
        before = risk
        person.age = age + 1
      }
    }
  }

  @Test func calciumRaisesRiskAndArterialAge() throws {
    for name in ["mesa-cac", "arterial-age"] {
      let model = try model(name)
      for var person in people(of: model) {
        let before = try first(model, person)
        person.agatston = (person.agatston ?? 0) * 1.1 + 1
        #expect(try first(model, person) > before)
      }
    }
  }

  @Test(arguments: names)
  func eachMissingInputIsNamed(name: String) throws {
    let model = try model(name)
    let age = Double(model.ages.lowerBound + 3)
    #expect(try !model.estimates(.complete(age: age)).isEmpty)
    for input in model.inputs {
      var person = RiskFactors.complete(age: age)
      person.forget(input)
      let refusal = #expect(throws: RiskRefusal.self) { try model.estimates(person) }
      #expect(refusal?.reason == "\(input.rawValue) missing")
    }
  }

  @Test(arguments: names)
  func agesOutsideAreRefused(name: String) throws {
    let model = try model(name)
    for age in [Double(model.ages.lowerBound) - 0.01, Double(model.ages.upperBound) + 1] {
      let refusal = #expect(throws: RiskRefusal.self) {
        try model.estimates(.complete(age: age))
      }
      #expect(refusal?.reason.contains("is outside") == true)
    }
    _ = try model.estimates(.complete(age: Double(model.ages.upperBound) + 0.99))
  }

  private static let slips: [(any (WritableKeyPath<RiskFactors, Double?> & Sendable), Double)] = [
    (\.totalCholesterol, 5.2), (\.hdlCholesterol, 1.3), (\.systolicPressure, 13),
    (\.bodyMassIndex, 260), (\.agatston, -1), (\.agatston, .infinity), (\.age, .nan),
  ]

  @Test(arguments: slips.indices)
  func slipsAreRefused(number: Int) throws {
    let (path, value) = Self.slips[number]
    var refusals = 0
    for model in RiskModels.all {
      var person = RiskFactors.complete(age: Double(model.ages.lowerBound + 3))
      person[keyPath: path] = value
      do throws(RiskRefusal) {
        // A model that does not ask for it says what it says without.
        let values = try model.estimates(person)
        let other = try model.estimates(.complete(age: Double(model.ages.lowerBound + 3)))
        #expect(values == other)
      } catch {
        #expect(error.reason.contains("not plausible") || error.reason.contains("is outside"))
        refusals += 1
      }
    }
    #expect(refusals > 0)
  }

  @Test func hdlAboveTotalIsRefused() {
    var person = RiskFactors.complete(age: 60)
    person.hdlCholesterol = 150
    person.totalCholesterol = 120
    let refusal = #expect(throws: RiskRefusal.self) {
      try MESARisk(calcium: false).estimates(person)
    }
    #expect(refusal?.reason == "HDL cholesterol is not below total cholesterol")
  }

  @Test func raceIsNeverGuessed() {
    var person = RiskFactors.complete(age: 60)
    person.race = .chinese
    let refusal = #expect(throws: RiskRefusal.self) { try PooledCohortRisk().estimates(person) }
    #expect(refusal?.reason == "race chinese: the equations know white and black alone")
  }

  @Test func bandsOfScore2ChangeWithAge() throws {
    let model = SCORE2Risk(older: false)
    var person = RiskFactors.smoker(sex: .male)
    person.age = 49
    let young = try #require(try model.estimates(person).first)
    #expect(young.category == "high" && young.value > 5 && young.value < 7.5)
    person.age = 50
    let older = try #require(try model.estimates(person).first)
    #expect(older.category == "high" && older.value > 5)
  }
}

extension RiskFactors {
  /// Forgets an input.
  fileprivate mutating func forget(_ input: RiskInput) {
    switch input {
    case .age: age = nil
    case .sex: sex = nil
    case .race: race = nil
    case .region: region = nil
    case .totalCholesterol: totalCholesterol = nil
    case .hdlCholesterol: hdlCholesterol = nil
    case .systolicPressure: systolicPressure = nil
    case .pressureMedication: pressureMedication = nil
    case .lipidMedication: lipidMedication = nil
    case .diabetes: diabetes = nil
    case .smoker: smoker = nil
    case .familyHistory: familyHistory = nil
    case .bodyMassIndex: bodyMassIndex = nil
    case .filtrationRate: filtrationRate = nil
    case .agatston: agatston = nil
    }
  }
}
