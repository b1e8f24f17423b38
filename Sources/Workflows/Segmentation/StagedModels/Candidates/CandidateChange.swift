// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
import Stages

/// A random change of a candidate's views: what another scanner, another patient or the errors of the
/// localiser would have done to them.
struct CandidateChange {
  private let gain: Float
  private let shift: Float
  private let noise: Float
  private let isSmooth: Bool
  /// How far the localiser's maps are off, in mm to the left and to the back.
  private let offset: SIMD2<Double>
  private let mapGain: Float
  /// The angle in radians by which axial views are turned, and the size of everything.
  private let turn: Double
  private let size: Double
  /// The scalar, the HU channel of the fine patch and the map that are not seen; none where negative.
  private let missing: SIMD3<Int>
  private var random: SplitMix64

  init(_ random: inout SplitMix64) {
    func uniform(_ low: Float, _ high: Float) -> Float {
      Float.random(in: low...high, using: &random)
    }
    func normal(_ deviation: Double) -> Double {
      // The sum of three uniform numbers is near enough to Gaussian.
      (0..<3).reduce(0) { sum, _ in sum + Double.random(in: -1...1, using: &random) } * deviation
    }
    gain = uniform(0.93, 1.07)
    shift = uniform(-12, 12)
    noise = Float.random(in: 0...1, using: &random) < 0.5 ? uniform(0, 14) : 0
    isSmooth = Bool.random(using: &random)
    offset = SIMD2(normal(2.5), normal(2.5))
    mapGain = uniform(0.7, 1.15)
    let isTurned = Float.random(in: 0...1, using: &random) < 0.7
    turn = isTurned ? Double(uniform(-20, 20)) * .pi / 180 : 0
    size = isTurned ? exp(Double(uniform(-0.2, 0.2))) : 1
    func some(_ count: Int) -> Int {
      Double.random(in: 0..<1, using: &random) < 0.1
        ? Int.random(in: 0..<count, using: &random) : -1
    }
    missing = SIMD3(
      some(CandidateViews.scalars), some(CandidateViews.softChannels),
      some(CandidateViews.mapCount))
    self.random = SplitMix64(seed: random.next())
  }

  /// The changed candidate; the candidate's own voxels stay where they are.
  mutating func apply(to sample: ClassifierSample, _ design: ClassifierDesign) -> ClassifierSample {
    var sample = sample
    warp(&sample.fine, channels: design.fineChannels, size: design.fineSize, turn: turn)
    for view in sample.coarse.indices {
      warp(
        &sample.coarse[view], channels: design.coarseChannels, size: design.coarseSize,
        turn: view == 0 ? turn : 0)
    }
    for channel in 0..<CandidateViews.softChannels {
      recolour(&sample.fine, channel, size: design.fineSize, span: CandidateViews.softWindow)
      if channel == missing.y, channel != CandidateViews.softChannels / 2 {
        blank(&sample.fine, channel, size: design.fineSize)
      }
    }
    let fineMaps = design.fineChannels - CandidateViews.firstFineMap
    for number in 0..<fineMaps {
      let channel = CandidateViews.firstFineMap + number
      move(
        &sample.fine, channel, size: design.fineSize, spacing: CandidateViews.fineSpacing,
        by: offset)
      if number == missing.z { blank(&sample.fine, channel, size: design.fineSize) }
    }
    for view in sample.coarse.indices {
      recolour(&sample.coarse[view], 0, size: design.coarseSize, span: CandidateViews.softWindow)
      recolour(&sample.coarse[view], 1, size: design.coarseSize, span: CandidateViews.wideWindow)
      let shifts = [offset, SIMD2(offset.x, 0), SIMD2(offset.y, 0)]
      for number in 0..<design.coarseChannels - CandidateViews.firstCoarseMap {
        let channel = CandidateViews.firstCoarseMap + number
        move(
          &sample.coarse[view], channel, size: design.coarseSize,
          spacing: CandidateViews.coarseSpacing, by: shifts[view])
        if number == missing.z { blank(&sample.coarse[view], channel, size: design.coarseSize) }
      }
    }
    if missing.x >= 0 { sample.scalars[missing.x] = 0 }
    return sample
  }

  /// Turns and resizes all channels of a view about its middle; beyond the border values go on.
  private func warp(_ values: inout [Float], channels: Int, size edge: Int, turn: Double) {
    guard turn != 0 || size != 1 else { return }
    let (c, s) = (cos(turn) / size, sin(turn) / size)
    let middle = Double(edge - 1) / 2
    // The four neighbours of each pixel's origin, and their shares, are those of every channel.
    var origins: [(place: Int, right: Float, down: Float)] = []
    origins.reserveCapacity(edge * edge)
    for y in 0..<edge {
      for x in 0..<edge {
        let (u, v) = (Double(x) - middle, Double(y) - middle)
        let p = min(max(c * u + s * v + middle, 0), Double(edge) - 1.001)
        let q = min(max(c * v - s * u + middle, 0), Double(edge) - 1.001)
        origins.append(
          (Int(q) * edge + Int(p), Float(p - p.rounded(.down)), Float(q - q.rounded(.down))))
      }
    }
    let old = values
    old.withUnsafeBufferPointer { old in
      for channel in 0..<channels {
        let start = channel * edge * edge
        for (i, origin) in origins.enumerated() {
          let k = start + origin.place
          let upper = old[k] + (old[k + 1] - old[k]) * origin.right
          let lower = old[k + edge] + (old[k + edge + 1] - old[k + edge]) * origin.right
          values[start + i] = upper + (lower - upper) * origin.down
        }
      }
    }
  }

  private func blank(_ values: inout [Float], _ channel: Int, size: Int) {
    for i in channel * size * size..<(channel + 1) * size * size { values[i] = 0 }
  }

  /// Another gain, level and grain; `span` are the HU of values of -1 and 1.
  private mutating func recolour(_ values: inout [Float], _ channel: Int, size: Int, span: HUWindow)
  {
    let start = channel * size * size
    let (middle, half) = ((span.high + span.low) / 2, (span.high - span.low) / 2)
    let (a, b) = (gain, (middle * (gain - 1) + shift) / half)
    let strength = noise / half
    var before: Float = 0
    for i in start..<start + size * size {
      var value = values[i] * a + b
      if strength > 0 {
        let bits = random.next()
        let sum = Float(bits & 0xFFFF) + Float((bits >> 16) & 0xFFFF) + Float((bits >> 32) & 0xFFFF)
        let grain = (sum * 0x1p-16 - 1.5) * 2
        value += strength * (isSmooth ? 0.8 * (grain + before) : grain)
        before = grain
      }
      values[i] = min(max(value, -1), 1)
    }
  }

  /// Moves a map by some mm along columns and rows and changes how sure it is.
  private func move(
    _ values: inout [Float], _ channel: Int, size: Int, spacing: Double, by mm: SIMD2<Double>
  ) {
    let start = channel * size * size
    let (dx, dy) = (Int((mm.x / spacing).rounded()), Int((mm.y / spacing).rounded()))
    let old = Array(values[start..<start + size * size])
    for y in 0..<size {
      let row = min(max(y - dy, 0), size - 1) * size
      for x in 0..<size {
        let value = old[row + min(max(x - dx, 0), size - 1)] * mapGain
        values[start + y * size + x] = min(max(value, -1), 1)
      }
    }
  }
}
