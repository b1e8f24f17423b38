// SPDX-License-Identifier: Apache-2.0
import Agatston
import Testing

@Suite struct `A risk category` {
  @Test(
    arguments: [
      (0, .veryLow), (0.999, .veryLow), (1, .low), (9.99, .low), (10, .moderate),
      (99.9, .moderate), (100, .moderatelyHigh), (399.99, .moderatelyHigh), (400, .high),
      (5770, .high),
    ] as [(Double, FiveClassRisk)])
  func `of the Erasmus study is half-open`(score: Double, expected: FiveClassRisk) {
    #expect(FiveClassRisk(agatston: score) == expected)
  }

  @Test(
    arguments: [
      (0, .zero), (0.1, .minimal), (0.5, .minimal), (10, .minimal), (10.5, .mild), (100, .mild),
      (100.1, .moderate), (400, .moderate), (400.1, .severe),
    ] as [(Double, StandardClass)])
  func `of the customary scheme leaves no gap`(score: Double, expected: StandardClass) {
    #expect(StandardClass(agatston: score) == expected)
  }

  @Test(
    arguments: [
      (0, "A0/N0"), (0.1, "A1/N1"), (99.9, "A1/N1"), (100, "A2/N1"), (299.9, "A2/N1"),
      (300, "A3/N1"),
    ])
  func `of CAC-DRS follows score and arteries`(score: Double, code: String) {
    #expect(CACDRS(agatston: score, calcifiedArteries: score > 0 ? 1 : 0)?.code == code)
  }

  @Test(arguments: [(1000, false), (1000.1, true)])
  func `marks scores above a thousand`(score: Double, isAbove: Bool) {
    #expect(RiskCategories(agatston: score, calcifiedArteries: 4)?.isAbove1000 == isAbove)
  }

  @Test(arguments: [-1, .nan, -.infinity] as [Double])
  func `does not exist for what is no score`(score: Double) {
    #expect(FiveClassRisk(agatston: score) == nil)
    #expect(StandardClass(agatston: score) == nil)
    #expect(RiskCategories(agatston: score, calcifiedArteries: nil) == nil)
  }

  @Test func `has its bounds at the neighbouring numbers`() {
    // What lies just below, at, and just above each bound, and never in between.
    for (bound, below, at, above) in [
      (0, nil, .zero, .minimal), (10, .minimal, .minimal, .mild), (100, .mild, .mild, .moderate),
      (400, .moderate, .moderate, .severe),
    ] as [(Double, StandardClass?, StandardClass, StandardClass)] {
      #expect(StandardClass(agatston: bound.nextDown) == below)
      #expect(StandardClass(agatston: bound) == at)
      #expect(StandardClass(agatston: bound.nextUp) == above)
    }
    for (bound, below, at) in [
      (1, .veryLow, .low), (10, .low, .moderate), (100, .moderate, .moderatelyHigh),
      (400, .moderatelyHigh, .high),
    ] as [(Double, FiveClassRisk, FiveClassRisk)] {
      #expect(FiveClassRisk(agatston: bound.nextDown) == below)
      #expect(FiveClassRisk(agatston: bound) == at && FiveClassRisk(agatston: bound.nextUp) == at)
    }
    for (bound, band) in [(100.0, 2), (300, 3)] {
      #expect(CACDRS(agatston: bound.nextDown, calcifiedArteries: 4)?.band == band - 1)
      #expect(CACDRS(agatston: bound, calcifiedArteries: 4)?.band == band)
    }
    #expect(CACDRS(agatston: 0.0.nextUp, calcifiedArteries: 1)?.code == "A1/N1")
    #expect(RiskCategories(agatston: 1000.0.nextUp, calcifiedArteries: 4)?.isAbove1000 == true)
    #expect(CACDRS(agatston: 200, calcifiedArteries: 3)?.description == "CAC-DRS A2/N3")
    #expect(CACDRS(agatston: 200, calcifiedArteries: nil)?.description == "CAC-DRS A2")
  }

  @Test func `of any score lies in exactly one band of each scheme`() {
    var previous = FiveClassRisk.veryLow
    for tenth in 0...20_000 {
      let score = Double(tenth) / 10
      let seed = FiveClassRisk(agatston: score)
      #expect(seed != nil && StandardClass(agatston: score) != nil)
      if let seed {
        #expect(seed >= previous)
        previous = seed
      }
    }
  }
}
