// SPDX-License-Identifier: Apache-2.0
import Agatston
import TestSupport
import Testing
import Volume

@testable import Phantom

@Suite struct `The simulated scanner` {
  /// A frame of about 40 mm around the origin.
  func frame(pixel: Float, z: Float, thickness: Float) -> SliceFrame {
    let n = Int(40 / pixel)
    return SliceFrame(
      columns: n, rows: n, pixel: pixel, origin: SIMD2(repeating: -Float(n - 1) / 2 * pixel), z: z,
      thickness: thickness)
  }

  /// The volume that a shape's coverage adds up to over contiguous slices.
  func volume(of solid: some Solid, pixel: Float, thickness: Float) -> Double {
    var sum = 0.0
    for k in -12...12 {
      let slice = frame(pixel: pixel, z: Float(k) * thickness + 0.37, thickness: thickness)
      guard let part = Coverage(of: solid, on: slice) else { continue }
      sum += part.values.reduce(0.0) { $0 + Double($1) }
    }
    return sum * Double(pixel * pixel * thickness)
  }

  @Test(arguments: [Float(0.35), 0.7, 1.5], [Float(3), 5])
  func `keeps the volume of an ellipsoid at any grid`(pixel: Float, thickness: Float) {
    let ball = Ellipsoid(
      [0.3, -0.2, 0.1], [1.5, 2.5, 3.5], along: [1, 0.4, 0.3], second: [0, 1, 0])
    let exact = 4 / 3 * Double.pi * 1.5 * 2.5 * 3.5
    #expect(abs(volume(of: ball, pixel: pixel, thickness: thickness) - exact) < 0.04 * exact)
  }

  @Test(arguments: [Float(0.35), 0.8, 1.55], [Float(3), 5])
  func `keeps the volume of a plaque at any grid`(pixel: Float, thickness: Float) {
    var random = KeyedRandom(seed: 3, subject: 0, purpose: .plaques)
    let vessel = Tube(through: [[-12, 0, -6, 1.8], [0, 3, 0, 1.8], [12, 0, 8, 1.8]], step: 1)
    let plaque = PlaqueShape(
      on: vessel, arc: vessel.arcLength / 2, span: 8, half: [0.9, 1.5], angle: 1, twist: 0.1,
      noise: SmoothNoise(&random), roughness: 0.3, phase: .zero)
    let reference = plaque.volume
    // Between the volumes of a thin and a full ellipse along 8 mm.
    #expect(reference > 15 && reference < 40)
    let seen = volume(of: plaque, pixel: pixel, thickness: thickness)
    #expect(abs(seen - reference) < 0.06 * reference)
  }

  @Test func `keeps coverage in the range from nothing to everything`() {
    let rod = Capsule(from: [-3, 0, 0], to: [4, 1, 1], fromRadius: 1, toRadius: 2)
    let part = Coverage(of: rod, on: frame(pixel: 0.5, z: 0, thickness: 3))
    #expect(part?.values.allSatisfy { $0 >= 0 && $0 <= 1 } == true)
    #expect(part?.values.contains { $0 > 0.5 } == true)
    #expect(Coverage(of: rod, on: frame(pixel: 0.5, z: 30, thickness: 3)) == nil)
  }

  @Test func `spreads a moving shape without losing any of it`() throws {
    let ball = Ellipsoid([0, 0, 0], [2, 2, 2])
    let still = try #require(
      Coverage(of: ball, on: frame(pixel: 0.5, z: 0, thickness: 3), margin: 4))
    let path: [SIMD2<Float>] = [[-2, 0], [-1, 0.4], [0, 0.5], [1, 0.4], [2, 0]]
    let moved = still.moved(along: path, pixel: 0.5)
    let before = still.values.reduce(0, +)
    #expect(abs(moved.values.reduce(0, +) - before) < 1e-3 * before)
    #expect((moved.values.max() ?? 1) < 0.8 * (still.values.max() ?? 0))
  }

  @Test(arguments: [Float(0), 0.2, 0.6, 1.3, 2.5])
  func `blurs with a kernel that sums to one`(sigma: Float) {
    let kernel = GaussianBlur(sigma: sigma, limit: 40)
    var image = Array(repeating: Float(0), count: 31 * 31)
    image[15 * 31 + 15] = 1000
    kernel.blur(&image, columns: 31, rows: 31)
    #expect(abs(image.reduce(0, +) - 1000) < 0.1)
    var variance: Float = 0
    for y in 0..<31 {
      for x in 0..<31 { variance += image[y * 31 + x] * Float((x - 15) * (x - 15)) }
    }
    // The Gaussian and the pixel's own variance of 1/12.
    if sigma >= 0.6 {
      #expect(abs(variance / 1000 - sigma * sigma - 1 / 12) < 0.03 * sigma * sigma + 0.01)
    }
  }

  @Test(arguments: [(15, 3.2), (25, 1.2), (35, 0.7)] as [(Float, Float)])
  func `makes noise of the asked standard deviation, without offset`(sigma: Float, width: Float) {
    let made = ScanNoise(deviation: sigma, width: width, ramp: 0.7, along: 0.08, streaks: 0)
    func slice(_ number: Int) -> [Float] {
      made.slice(number, columns: 256, rows: 256, pixel: 1) {
        KeyedRandom(seed: 8, subject: 1, purpose: .noise, index: $0)
      }
    }
    let noise = slice(3)
    let mean = noise.reduce(0, +) / Float(noise.count)
    let variance = noise.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(noise.count)
    #expect(abs(mean) < 0.05 * sigma)
    #expect(abs(variance.squareRoot() - sigma) < 0.04 * sigma)
    // Neighbours resemble each other as the kernel makes them.
    let pairs = (0..<noise.count - 1).reduce(Float(0)) { $0 + noise[$1] * noise[$1 + 1] }
    let correlation = pairs / Float(noise.count) / variance
    #expect(width > 2 ? correlation > 0.5 : correlation < 0.5)
    // The next slice has 8 % of this one's noise, and this one of its; two slices on share little.
    func shared(_ other: [Float]) -> Float {
      zip(noise, other).reduce(0) { $0 + $1.0 * $1.1 } / Float(noise.count) / variance
    }
    #expect(abs(shared(slice(4)) - 0.187) < 0.07)
    #expect(abs(shared(slice(6))) < 0.07)
  }

  @Test func `gives each stream of random numbers its own sequence`() {
    var seen: Set<UInt64> = []
    for subject in 0..<20 {
      for purpose in [KeyedRandom.Purpose.noise, .plaques, .heart] {
        for index in 0..<20 {
          var stream = KeyedRandom(seed: 1, subject: subject, purpose: purpose, index: index)
          seen.insert(stream.next())
        }
      }
    }
    #expect(seen.count == 20 * 3 * 20)
  }
}
