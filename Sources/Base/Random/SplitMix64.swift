// SPDX-License-Identifier: Apache-2.0

/// The project's random number generator: SplitMix64 (Steele, Lea and Flood 2014,
/// doi:10.1145/2660193.2660195).
///
/// It is small and fast, its state is one number, and its sequence is the same on every machine.
/// Every seeded result of the program depends on these bits, so they must never change. It is not
/// meant for secrets.
///
/// ```swift
/// var random = SplitMix64(seed: 7)
/// let die = Int.random(in: 1...6, using: &random)
/// ```
///
/// Modules that need one sequence for each subject, step or resample derive a seed from those keys
/// and wrap this generator.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  @usableFromInline var state: UInt64

  /// A generator that always gives the same sequence for the same seed.
  @inlinable public init(seed: UInt64) { state = seed }

  /// The next 64 random bits.
  @inlinable public mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mixed(state)
  }

  /// How far the state moves with each number: 2⁶⁴ divided by the golden ratio, made odd.
  @inlinable public static var increment: UInt64 { 0x9E37_79B9_7F4A_7C15 }

  /// The output function: a bijection of 64 bits in which each bit of the input affects all bits of
  /// the result, so it also serves as a hash of keys.
  @inlinable public static func mixed(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
