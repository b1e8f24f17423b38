// SPDX-License-Identifier: Apache-2.0
import Statistics
import Testing

@Suite struct `A distribution` {
  @Test func `of the normal law agrees with SciPy, tails included`() throws {
    let golden = try Golden.load()
    for row in golden.normal {
      #expect(agree(NormalDistribution.cdf(row[0]), row[1]), "z = \(row[0])")
    }
    for row in golden.normal_quantiles {
      #expect(
        try agree(NormalDistribution.quantile(row[0]), row[1], floor: 1e-15), "p = \(row[0])")
    }
  }

  @Test func `of Student's law agrees with SciPy, tails included`() throws {
    let golden = try Golden.load()
    for row in golden.student {
      #expect(agree(StudentDistribution.cdf(row[0], degrees: row[1]), row[2]), "\(row)")
      #expect(agree(StudentDistribution.bothTails(row[0], degrees: row[1]), row[3]), "\(row)")
    }
    for row in golden.student_quantiles {
      #expect(
        try agree(StudentDistribution.quantile(row[0], degrees: row[1]), row[2], floor: 1e-12),
        "\(row)")
    }
  }

  @Test func `of Fisher's law agrees with SciPy, tails included`() throws {
    let golden = try Golden.load()
    for row in golden.fisher {
      #expect(agree(FisherDistribution.cdf(row[0], row[1], row[2]), row[3]), "\(row)")
    }
    for row in golden.fisher_quantiles {
      #expect(try agree(FisherDistribution.quantile(row[0], row[1], row[2]), row[3]), "\(row)")
    }
    #expect(FisherDistribution.cdf(0, 3, 4) == 0 && FisherDistribution.cdf(.infinity, 3, 4) == 1)
    #expect(code { _ = try FisherDistribution.quantile(0.5, 0, 4) } == .invalid)
    #expect(code { _ = try FisherDistribution.quantile(1, 3, 4) } == .invalid)
  }

  @Test func `and its quantile undo each other`() throws {
    for step in 1..<200 {
      let p = Double(step) / 200
      #expect(try abs(NormalDistribution.cdf(NormalDistribution.quantile(p)) - p) < 1e-13)
      for degrees in [1.0, 1.5, 4, 30] {
        let t = try StudentDistribution.quantile(p, degrees: degrees)
        #expect(abs(StudentDistribution.cdf(t, degrees: degrees) - p) < 1e-12)
      }
    }
  }

  @Test(arguments: [0, 1, -0.1, 1.1, .nan] as [Double])
  func `has no quantile outside its probabilities`(p: Double) {
    #expect(throws: StatisticsError.self) { try NormalDistribution.quantile(p) }
    #expect(throws: StatisticsError.self) { try StudentDistribution.quantile(p, degrees: 3) }
  }

  @Test(arguments: [0, -1, .nan, .infinity] as [Double])
  func `has no quantile without degrees of freedom`(degrees: Double) {
    #expect(throws: StatisticsError.self) {
      try StudentDistribution.quantile(0.9, degrees: degrees)
    }
  }
}
