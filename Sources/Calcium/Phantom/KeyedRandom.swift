// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random

/// A random stream that is named by what it is for rather than by when it is drawn.
///
/// The state starts from a hash of (seed, subject, purpose, index), so streams are independent of
/// the order in which threads ask for them.
struct KeyedRandom: RandomNumberGenerator {
  /// What a stream is for; raw values are part of the reproducible output and never change.
  enum Purpose: UInt64 {
    case habitus = 1
    case heart = 2
    case coronaries = 3
    case plaques = 4
    case distractors = 5
    case lungs = 6
    case acquisition = 7
    case noise = 8
    case texture = 9
    case metal = 10
    case devices = 11
    case pose = 12
    case warp = 13
    case calcium = 14
    case crop = 15
    case motion = 16
    case artefacts = 17
    case hardware = 18
    case followUp = 19
    case people = 20
  }

  private var generator: SplitMix64

  init(seed: UInt64, subject: Int, purpose: Purpose, index: Int = 0) {
    var hash = SplitMix64.mixed(seed &+ SplitMix64.increment)
    hash = SplitMix64.mixed(hash ^ UInt64(bitPattern: Int64(subject)) &* 0xD6E8_FEB8_6659_FD93)
    hash = SplitMix64.mixed(hash ^ purpose.rawValue &* 0xA076_1D64_78BD_642F)
    generator = SplitMix64(
      seed: SplitMix64.mixed(hash ^ UInt64(bitPattern: Int64(index)) &* 0xE703_7ED1_A0B4_28DB))
  }

  @inline(__always)
  mutating func next() -> UInt64 { generator.next() }

  /// A number in [0, 1).
  mutating func unit() -> Float { Float(next() >> 40) * 0x1p-24 }

  mutating func uniform(_ low: Float, _ high: Float) -> Float { low + (high - low) * unit() }

  mutating func whole(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  mutating func chance(_ probability: Float) -> Bool { unit() < probability }

  /// A standard normal number, cut off at ±`limit` so that no anatomy runs away.
  mutating func normal(limit: Float = 2.5) -> Float {
    let radius = (-2 * logf(1 - unit())).squareRoot()
    let value = radius * cosf(2 * .pi * unit())
    return min(max(value, -limit), limit)
  }

  mutating func element<T>(of choices: [T]) -> T { choices[whole(0...(choices.count - 1))] }

  /// A vector of independent normal numbers of the given standard deviation.
  mutating func jitter(_ deviation: Float) -> Point {
    Point(normal(), normal(), normal()) * deviation
  }

  /// A direction, uniform over the sphere.
  mutating func direction() -> Point {
    let z = uniform(-1, 1)
    let angle = uniform(0, 2 * .pi)
    let r = max(0, 1 - z * z).squareRoot()
    return Point(r * cosf(angle), r * sinf(angle), z)
  }
}
