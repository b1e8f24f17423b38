// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing

@Suite struct `The draws of the augmentation` {
  static let count = 40_000
  static let draws = draws(of: [64, 64])

  static func draws(of patch: [Int], count: Int = count) -> [AugmentationDraw] {
    let settings = AugmentationSettings(patchSize: patch)
    var generator = SplitMix64(seed: 20)
    return (0..<count).map { _ in settings.draw(channels: 2, using: &generator) }
  }

  struct Transform: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let probability: Double
    let values: @Sendable (AugmentationDraw) -> [Double]?
    init(
      _ name: String, _ probability: Double,
      _ values: @escaping @Sendable (AugmentationDraw) -> [Double]?
    ) {
      testDescription = name
      self.probability = probability
      self.values = values
    }
  }

  static let uniform: [(Transform, ClosedRange<Double>)] = [
    (Transform("rotation", 0.2) { $0.rotation }, -Double.pi...Double.pi),
    (Transform("scale", 0.2) { $0.scale.map { [$0] } }, 0.7...1.4),
    (Transform("noise", 0.1) { $0.noise.map { [$0] } }, 0...0.1),
  ]

  /// These leave each channel out half of the time.
  static let halves: [(Transform, ClosedRange<Double>)] = [
    (Transform("blur", 0.2) { $0.blur?.flatMap { $0 ?? [] } }, 0.5...1),
    (Transform("low resolution", 0.25) { $0.lowResolution?.compactMap { $0 } }, 0.5...1),
  ]

  static let factors: [(Transform, ClosedRange<Double>)] = [
    (Transform("brightness", 0.15) { $0.brightness }, 0.75...1.25),
    (Transform("contrast", 0.15) { $0.contrast }, 0.75...1.25),
    (Transform("inverted gamma", 0.1) { $0.invertedGamma }, 0.7...1.5),
    (Transform("gamma", 0.3) { $0.gamma }, 0.7...1.5),
  ]

  /// Whether a share of n lies within five standard errors of its probability.
  private func fits(_ hits: Int, of n: Int, _ p: Double) -> Bool {
    abs(Double(hits) / Double(n) - p) < 5 * (p * (1 - p) / Double(n)).squareRoot()
  }

  @Test(arguments: uniform + halves + factors)
  func `fire as often as nnU-Net's do`(transform: Transform, range: ClosedRange<Double>) {
    let fired = Self.draws.compactMap(transform.values)
    #expect(fits(fired.count, of: Self.count, transform.probability))
    #expect(fired.joined().allSatisfy(range.contains))
  }

  @Test(arguments: uniform + halves)
  func `are uniform over their range`(transform: Transform, range: ClosedRange<Double>) {
    let values = Self.draws.compactMap(transform.values).flatMap { $0 }
    let width = range.upperBound - range.lowerBound
    for quarter in 1...3 {
      let bound = range.lowerBound + width * Double(quarter) / 4
      #expect(fits(values.count { $0 < bound }, of: values.count, Double(quarter) / 4))
    }
  }

  @Test(arguments: factors)
  func `change channels by factors of their own, half of them below one`(
    transform: Transform, range: ClosedRange<Double>
  ) {
    let fired = Self.draws.compactMap(transform.values)
    #expect(fired.allSatisfy { $0.count == 2 && $0[0] != $0[1] })
    let values = fired.flatMap { $0 }
    let (low, high) = (values.filter { $0 < 1 }, values.filter { $0 >= 1 })
    #expect(fits(low.count, of: values.count, 0.5))
    // Both halves are uniform over their own part of the range.
    #expect(fits(low.count { $0 < (range.lowerBound + 1) / 2 }, of: low.count, 0.5))
    #expect(fits(high.count { $0 < (range.upperBound + 1) / 2 }, of: high.count, 0.5))
  }

  @Test func `blur and coarsen each channel by itself, half of them`() {
    for pair in [[false, false], [false, true], [true, false], [true, true]] {
      let blurred = Self.draws.compactMap { $0.blur?.map { $0 != nil } }
      let coarse = Self.draws.compactMap { $0.lowResolution?.map { $0 != nil } }
      #expect(fits(blurred.count { $0 == pair }, of: blurred.count, 0.25))
      #expect(fits(coarse.count { $0 == pair }, of: coarse.count, 0.25))
    }
    // The axes of a channel and the channels of a sample are not blurred alike.
    for sigmas in Self.draws.compactMap({ $0.blur }) {
      let all = sigmas.flatMap { $0 ?? [] }
      #expect(sigmas.allSatisfy { $0.map { $0.count == 2 } ?? true } && Set(all).count == all.count)
    }
  }

  @Test(arguments: [[64, 64], [48, 48, 48], [8, 64, 64]])
  func `mirror each axis independently half of the time`(patch: [Int]) {
    let draws = Self.draws(of: patch, count: 20_000)
    for subset in 0..<(1 << patch.count) {
      let axes = patch.indices.filter { subset >> $0 & 1 == 1 }
      let hits = draws.count { $0.mirroredAxes == axes }
      #expect(fits(hits, of: draws.count, 1 / Double(1 << patch.count)))
    }
  }

  @Test(arguments: [([48, 48, 48], 3, 30.0), ([16, 48, 48], 3, 30), ([8, 64, 64], 1, 180)])
  func `turn blocks about three axes by little and thin ones in their plane by anything`(
    patch: [Int], angles: Int, degrees: Double
  ) throws {
    let draws = Self.draws(of: patch, count: 20_000)
    let fired = draws.compactMap(\.rotation)
    #expect(fits(fired.count, of: draws.count, 0.2))
    #expect(fired.allSatisfy { $0.count == angles })
    let most = degrees * .pi / 180
    for axis in 0..<angles {
      let values = fired.map { $0[axis] }
      #expect(values.allSatisfy { abs($0) <= most })
      for quarter in 1...3 {
        let hits = values.count { $0 < most * (Double(quarter) / 2 - 1) }
        #expect(fits(hits, of: values.count, Double(quarter) / 4))
      }
    }
    // Angles of one sample are independent: their signs agree half of the time.
    if angles == 3 {
      #expect(fits(fired.count { $0[0] * $0[2] > 0 }, of: fired.count, 0.5))
    }
    // A blur runs along all axes in every case.
    let sigmas = draws.compactMap(\.blur).flatMap { $0 }.compactMap(\.self)
    #expect(try nonEmpty(sigmas).allSatisfy { $0.count == 3 })
  }

  @Test func `seed the noise anew each time`() {
    let seeds = Self.draws.filter { $0.noise != nil }.map(\.noiseSeed)
    #expect(Set(seeds).count == seeds.count)
  }

  @Test func `transforms fire independently of each other`() {
    let all = (Self.uniform + Self.halves + Self.factors).map(\.0)
    for i in all.indices {
      for j in 0..<i {
        let both = Self.draws.count { all[i].values($0) != nil && all[j].values($0) != nil }
        #expect(fits(both, of: Self.count, all[i].probability * all[j].probability))
      }
    }
  }

  @Test(
    arguments: [([64, 64], 180.0), ([64, 96], 180), ([64, 97], 15), ([32, 128], 15)]
      as [([Int], Double)])
  func `long patches turn by at most 15 degrees`(patch: [Int], degrees: Double) {
    let settings = AugmentationSettings(patchSize: patch)
    #expect(abs(settings.rotation - degrees * .pi / 180) < 1e-12)
  }
}
