// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite struct `Kappa of two ratings` {
  @Test func `agrees with scikit-learn, its error with statsmodels`() throws {
    for rating in try Golden.load().kappas {
      let matrix = try ConfusionMatrix(
        reference: rating.reference, computed: rating.computed, classes: rating.classes)
      #expect(matrix.counts == rating.matrix)
      let all = [
        (KappaWeights.none, rating.none), (.linear, rating.linear), (.quadratic, rating.quadratic),
      ]
      for (weights, golden) in all {
        let kappa = try cohenKappa(matrix, weights: weights)
        #expect(agree(kappa.coefficient, golden[0], floor: 1e-14), "\(rating.name) \(weights)")
        #expect(agree(kappa.standardError, golden[1]), "\(rating.name) \(weights)")
        #expect(agree(kappa.interval.lower, max(golden[2], -1), floor: 1e-12))
        #expect(agree(kappa.interval.upper, min(golden[3], 1), floor: 1e-12))
      }
    }
  }

  @Test func `has an interval within its bounds`() throws {
    // One disagreement in ten: 1.96 standard errors reach above 1.
    let reference = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
    let matrix = try ConfusionMatrix(
      reference: reference, computed: [0, 0, 0, 0, 0, 1, 1, 1, 1, 0], classes: 2)
    let kappa = try cohenKappa(matrix, weights: .linear)
    #expect(kappa.coefficient + 1.96 * kappa.standardError > 1)
    #expect(kappa.interval.upper == 1)
  }

  @Test func `by hand, with linear weights`() throws {
    // Disagreement 1 in one of four.
    let matrix = try ConfusionMatrix(reference: [0, 0, 1, 2], computed: [0, 1, 1, 2], classes: 3)
    #expect(matrix.counts == [[1, 1, 0], [0, 1, 0], [0, 0, 1]])
    let kappa = try cohenKappa(matrix, weights: .linear)
    // Rows (2,1,1)/4, columns (1,2,1)/4: 2·(1·2+2·1) + 1·(1+1) + 1·(2·1+1·2) = 14 of 16.
    #expect(abs(kappa.coefficient - (1 - 0.25 / (14.0 / 16))) < 1e-15)
    #expect(matrix.accuracy == 0.75)
    #expect(matrix.sensitivities == [0.5, 1, 1])
  }

  @Test func `of full agreement is 1 without error`() throws {
    let matrix = try ConfusionMatrix(reference: [0, 1, 2], computed: [0, 1, 2], classes: 5)
    for weights in KappaWeights.allCases {
      let kappa = try cohenKappa(matrix, weights: weights)
      #expect(kappa.coefficient == 1 && kappa.standardError < 1e-8)
    }
    #expect(matrix.sensitivities == [1, 1, 1, nil, nil])
  }

  @Test func `that does not exist is refused`() throws {
    let same = try ConfusionMatrix(reference: [2, 2], computed: [2, 2], classes: 5)
    let error = try #require(throws: StatisticsError.self) {
      try cohenKappa(same, weights: .linear)
    }
    #expect(error.code == .constant)
    let empty = try ConfusionMatrix(reference: [], computed: [], classes: 5)
    #expect(empty.accuracy == nil)
    #expect(throws: StatisticsError.self) { try cohenKappa(empty, weights: .linear) }
    let none = try ConfusionMatrix(reference: [], computed: [], classes: 0)
    #expect(throws: StatisticsError.self) { try cohenKappa(none, weights: .quadratic) }
  }

  @Test(arguments: [([0, 5], [0, 1]), ([0, -1], [0, 1]), ([0], [0, 1])])
  func `of classes that are none is refused`(reference: [Int], computed: [Int]) {
    #expect(throws: StatisticsError.self) {
      try ConfusionMatrix(reference: reference, computed: computed, classes: 5)
    }
  }
}
