// SPDX-License-Identifier: Apache-2.0
import Random

/// Random numbers (SplitMix64) with a separate stream for each subject, from one seed.
struct KeyedSequence: RandomNumberGenerator {
  private var generator: SplitMix64

  init(seed: UInt64, stream: Int) {
    generator = SplitMix64(
      seed: (seed &* SplitMix64.increment) ^ (UInt64(bitPattern: Int64(stream)) &+ 1))
  }

  mutating func next() -> UInt64 { generator.next() }
}
