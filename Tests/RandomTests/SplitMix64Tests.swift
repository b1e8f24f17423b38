// SPDX-License-Identifier: Apache-2.0
import Random
import Testing

@Suite struct `The random number generator` {
  /// The first numbers of Vigna's reference program for this seed.
  @Test func `draws the reference's numbers`() {
    var random = SplitMix64(seed: 1_234_567)
    let drawn = (0..<5).map { _ in random.next() }
    #expect(
      drawn == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test func `depends on its seed alone`() {
    var (first, second, other) = (SplitMix64(seed: 5), SplitMix64(seed: 5), SplitMix64(seed: 6))
    let numbers = (0..<100).map { _ in first.next() }
    #expect(numbers == (0..<100).map { _ in second.next() })
    #expect(Set(numbers).isDisjoint(with: (0..<100).map { _ in other.next() }))
  }
}
