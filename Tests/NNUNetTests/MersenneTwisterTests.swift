// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Testing

@Suite struct `The seeded generator` {
  @Test func `its first numbers are those of the reference code`() {
    // First outputs of MT19937 for the seed 5489, from the authors' reference output.
    var random = MersenneTwister(seed: 5489)
    #expect(
      (0..<5).map { _ in random.next32() } == [
        3_499_211_612, 581_869_302, 3_890_346_734, 3_586_334_585, 545_404_204,
      ])
  }

  @Test func `its ten thousandth number is the one the C++ standard asks for`() {
    var random = MersenneTwister(seed: 5489)
    for _ in 0..<9999 { _ = random.next32() }
    #expect(random.next32() == 4_123_659_995)
  }

  @Test func `permutations are those of NumPy`() {
    var ten = MersenneTwister(seed: 12345)
    #expect(ten.permutation(10) == [0, 7, 3, 9, 6, 4, 1, 8, 5, 2])
    var more = MersenneTwister(seed: 12345)
    #expect(
      more.permutation(23) == [
        10, 19, 8, 17, 3, 12, 16, 0, 15, 7, 18, 11, 14, 6, 20, 13, 22, 21, 9, 4, 1, 5, 2,
      ])
  }

  @Test(arguments: 0..<40) func `a permutation holds every number once`(n: Int) {
    var random = MersenneTwister(seed: UInt32(n))
    #expect(random.permutation(n).sorted() == Array(0..<Int32(n)))
  }

  @Test func `one choice costs no random number`() {
    var random = MersenneTwister(seed: 1)
    var untouched = MersenneTwister(seed: 1)
    #expect(random.choice([3], count: 4) == [3, 3, 3, 3])
    #expect(random.next32() == untouched.next32())
  }

  @Test(arguments: [1, 2, 3, 7, 8, 1000] as [UInt32])
  func `integers stay in their range and reach both ends`(last: UInt32) {
    var random = MersenneTwister(seed: 3)
    let drawn = (0..<20_000).map { _ in random.integer(through: last) }
    #expect(drawn.min() == 0)
    #expect(drawn.max() == last)
  }
}
