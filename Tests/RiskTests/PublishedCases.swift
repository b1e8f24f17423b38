// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Risk

/// Each model gives what its publication, or the authors' calculator, gives for a person.
@Suite struct PublishedCases {
  private func values(_ model: some RiskModel, _ person: RiskFactors) throws -> [Double] {
    try model.estimates(person).map(\.value)
  }

  private func rounded(_ values: [Double], _ decimals: Double = 10) -> [Double] {
    values.map { ($0 * decimals).rounded() / decimals }
  }

  @Test func mesaOfAHispanicManOf70() throws {
    let person = RiskFactors.hispanicMan
    #expect(rounded(try values(MESARisk(calcium: true), person), 100) == [3.06])
    #expect(rounded(try values(MESARisk(calcium: false), person), 100) == [8.61])
  }

  @Test func preventOfAWomanOf50WithDiabetes() throws {
    #expect(rounded(try values(PREVENTRisk(), .preventWoman)) == [14.7, 9.2, 8.1])
  }

  // SCORE2 working group 2021, supplementary methods: a smoker of 50 with 140 mmHg, 5.5 and 1.3 mmol/L.
  @Test(arguments: [(RiskFactors.Sex.male, 5.9), (.female, 4.2)])
  func score2OfASmokerOf50(sex: RiskFactors.Sex, expected: Double) throws {
    let person = RiskFactors.smoker(sex: sex)
    #expect(rounded(try values(SCORE2Risk(older: false), person)) == [expected])
  }

  // SCORE2-OP working group 2021, supplementary methods, table 3: a smoker of 75 with 140 mmHg, 5.5 and
  // 1.3 mmol/L. Its last step uses scales that the paper's table 1 does not have; the region is table 1's.
  @Test(arguments: [(RiskFactors.Sex.female, 0.2442, 15.2), (.male, 0.2966, 18.6)])
  func score2OlderOfASmokerOf75(
    sex: RiskFactors.Sex, uncalibrated: Double, expected: Double
  ) throws {
    var person = RiskFactors.smoker(sex: sex)
    person.age = 75
    let value = try #require(try values(SCORE2Risk(older: true), person).first)
    #expect(rounded([value]) == [expected])
    // The scales of the low region undone: the risk that the paper's second step gives.
    let scales = sex == .female ? (-0.52, 1.01) : (-0.34, 1.19)
    let before = 1 - exp(-exp((log(-log(1 - value / 100)) - scales.0) / scales.1))
    #expect(abs(before - uncalibrated) < 1e-4)
  }

  // Goff 2013, Table A: 55 years, 213 and 50 mg/dL, 120 mmHg untreated.
  @Test(arguments: [
    (RiskFactors.Sex.female, RiskFactors.Race.white, 2.1), (.female, .black, 3.0),
    (.male, .white, 5.3), (.male, .black, 6.1),
  ])
  func pooledCohortOf55(sex: RiskFactors.Sex, race: RiskFactors.Race, expected: Double) throws {
    var person = RiskFactors.complete(age: 55)
    (person.sex, person.race, person.systolicPressure) = (sex, race, 120)
    (person.totalCholesterol, person.hdlCholesterol) = (213, 50)
    // The paper works its example with logarithms of two decimals: 4.01 for that of 55.
    let value = try #require(try values(PooledCohortRisk(), person).first)
    #expect(abs(value - expected) < 0.1)
  }

  @Test(arguments: [(0.0, 39.1), (10, 56.5), (100, 72.6), (400, 82.6)])
  func arterialAge(agatston: Double, expected: Double) throws {
    var person = RiskFactors()
    person.agatston = agatston
    #expect(rounded(try values(ArterialAge(), person)) == [expected])
  }
}

extension RiskFactors {
  /// The case of MESA's authors.
  static var hispanicMan: RiskFactors {
    var person = complete(age: 70)
    (person.sex, person.race, person.agatston) = (.male, .hispanic, 0)
    (person.totalCholesterol, person.hdlCholesterol) = (190, 50)
    (person.systolicPressure, person.pressureMedication) = (130, true)
    return person
  }

  /// The case of PREVENT's supplement.
  static var preventWoman: RiskFactors {
    var person = complete(age: 50)
    (person.sex, person.systolicPressure, person.pressureMedication) = (.female, 160, true)
    (person.totalCholesterol, person.hdlCholesterol, person.diabetes) = (200, 45, true)
    (person.filtrationRate, person.bodyMassIndex) = (90, 35)
    return person
  }

  /// The case of SCORE2's supplement.
  static func smoker(sex: Sex) -> RiskFactors {
    var person = complete(age: 50)
    (person.sex, person.smoker, person.systolicPressure, person.region) = (sex, true, 140, .low)
    person.totalCholesterol = 5.5 / millimolesPerMilligram
    person.hdlCholesterol = 1.3 / millimolesPerMilligram
    return person
  }

  /// A person of whom everything is known: a White woman without any of the yes-or-no factors.
  static func complete(age: Double) -> RiskFactors {
    var person = RiskFactors()
    (person.age, person.sex, person.race, person.region) = (age, .female, .white, .moderate)
    (person.totalCholesterol, person.hdlCholesterol) = (200, 52)
    (person.systolicPressure, person.pressureMedication) = (128, false)
    (person.lipidMedication, person.diabetes, person.smoker) = (false, false, false)
    (person.familyHistory, person.bodyMassIndex, person.filtrationRate) = (false, 26, 85)
    person.agatston = 20
    return person
  }
}
