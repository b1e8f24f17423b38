// SPDX-License-Identifier: Apache-2.0
import Random

/// The random numbers of one resample, which depend on the seed and its number alone.
///
/// A resample is the same whichever core draws it and however many others there are.
struct ResampleStream: RandomNumberGenerator {
  private var generator: SplitMix64

  init(seed: UInt64, resample: Int) {
    generator = SplitMix64(seed: seed)
    generator = SplitMix64(
      seed: generator.next() ^ (UInt64(resample) &* 0xD6E8_FEB8_6659_FD93))
    generator = SplitMix64(seed: generator.next())
  }

  mutating func next() -> UInt64 { generator.next() }

  /// How often each of as many subjects is drawn in as many draws with replacement.
  ///
  /// An index is the high word of draw · n (Lemire 2019, doi:10.1145/3230636), which favours no
  /// subject by more than n in 2⁶⁴.
  mutating func counts(into counts: inout [Double]) {
    let n = UInt64(counts.count)
    for i in counts.indices { counts[i] = 0 }
    counts.withUnsafeMutableBufferPointer { buffer in
      for _ in 0..<n { buffer[Int(next().multipliedFullWidth(by: n).high)] += 1 }
    }
  }
}
