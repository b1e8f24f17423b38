// SPDX-License-Identifier: Apache-2.0
import Random

/// Random numbers that depend only on a seed and on the step of the training for which they are
/// drawn.
///
/// Each step of each epoch has its own sequence. A resumed training therefore draws the same
/// numbers as without the interruption, and no state of a generator has to be stored. The sequence
/// is that of SplitMix64 (Steele 2014).
public struct KeyedGenerator: RandomNumberGenerator, Sendable {
  /// The purposes of numbers; different purposes have unrelated sequences.
  public enum Purpose: UInt64, Sendable {
    /// The initial weights.
    case weights = 1
    /// Patches and augmentation of a training step.
    case training = 2
    /// Patches of a validation step.
    case validation = 3
  }

  private var generator: SplitMix64

  /// The sequence of one step.
  public init(seed: UInt64, purpose: Purpose, epoch: Int = 0, step: Int = 0) {
    generator = SplitMix64(seed: seed)
    for key in [purpose.rawValue, UInt64(epoch), UInt64(step)] {
      generator = SplitMix64(seed: generator.next() ^ (key &* 0xD6E8_FEB8_6659_FD93))
    }
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 { generator.next() }
}
