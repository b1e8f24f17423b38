// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Explanation

@Suite struct `The rule of Gauss and Legendre` {
  @Test(arguments: [1, 2, 5, 16]) func `integrates polynomials of its degree`(points: Int) {
    let rule = GaussLegendre.rule(points: points)
    for degree in 0..<2 * points {
      var sum = 0.0
      for (place, weight) in rule {
        var power = 1.0
        for _ in 0..<degree { power *= place }
        sum += weight * power
      }
      #expect(abs(sum - 1 / Double(degree + 1)) < 1e-13, "degree \(degree)")
    }
  }
}
