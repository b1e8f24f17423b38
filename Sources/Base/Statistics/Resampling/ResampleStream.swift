// SPDX-License-Identifier: Apache-2.0

/// The random numbers of one resample, which depend on the seed and its number alone.
///
/// A resample is the same whichever core draws it and however many others there are. The sequence is
/// SplitMix64's (Steele 2014, doi:10.1145/2660193.2660195).
struct ResampleStream: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64, resample: Int) {
    state = seed
    state = next() ^ (UInt64(resample) &* 0xD6E8_FEB8_6659_FD93)
    state = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

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
