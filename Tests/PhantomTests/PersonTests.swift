// SPDX-License-Identifier: Apache-2.0
import Foundation
import Phantom
import Testing

@Suite struct `People behind phantoms` {
  private func people(_ hazard: PhantomHazard, agatston: Double, _ count: Int = 3000)
    -> [PhantomPerson]
  {
    (0..<count).map { PhantomPerson(id: $0, seed: 5, agatston: agatston, hazard: hazard) }
  }

  /// The events for each year that somebody was watched.
  private func rate(_ people: [PhantomPerson]) -> Double {
    Double(people.count { $0.event }) / people.reduce(0) { $0 + $1.years }
  }

  @Test func `are the same for the same seed, and their ages are adults'`() {
    let people = people(PhantomHazard(), agatston: 50, 300)
    #expect(people == self.people(PhantomHazard(), agatston: 50, 300))
    #expect(people.allSatisfy { (40...79).contains($0.age) && $0.years > 0 })
    #expect(Set(people.map(\.race)).count == 4)
  }

  @Test func `have the event as often as the hazard says`() {
    let hazard = PhantomHazard()
    for agatston in [0.0, 100, 1000] {
      let people = people(hazard, agatston: agatston)
      let expected =
        people.reduce(0) {
          $0
            + $1.years
            * hazard.rate(
              age: $1.age, smoker: $1.smoker, statin: $1.statin, agatston: agatston)
        }
      let found = Double(people.count { $0.event })
      // The number of events less its compensator is a martingale with that variance.
      #expect(abs(found - expected) < 4 * expected.squareRoot(), "\(agatston)")
    }
  }

  @Test func `of a crossed hazard are harmed by calcium without a statin alone`() {
    let hazard = PhantomHazard(isCrossed: true)
    let (low, high) = (people(hazard, agatston: 0), people(hazard, agatston: 1000))
    #expect(rate(high.filter { !$0.statin }) > 8 * rate(low.filter { !$0.statin }))
    #expect(rate(low.filter { $0.statin }) > 8 * rate(high.filter { $0.statin }))
    // Neither calcium alone nor the statin alone tells anything in the middle of the other.
    for statin in [true, false] {
      #expect(
        abs(
          hazard.rate(age: 60, smoker: false, statin: statin, agatston: exp(2) - 1)
            / PhantomHazard.crossedBase - 1) < 1e-9)
    }
  }
}
