// SPDX-License-Identifier: Apache-2.0
import Foundation
import Phantom
import Random
import Stages
import Volume

/// A copy of the scan of a person without coronary calcium into which plaques are painted, along the
/// arteries as the localiser sees them, and decoys beside them.
///
/// It has what no phantom has: the grain, the fat and the motion of a real scan.
struct PaintedScan {
  /// The scan with what was painted.
  private(set) var ct: Volume<Int16>
  /// What was painted by voxel: 1 LM … 4 RCA, 5 a decoy, 0 nothing.
  private var painted: [UInt8]
  private let surroundings: CandidateSurroundings

  /// The number of decoys' voxels in `painted`.
  private static let decoy = UInt8(StagedModel.arteries.count + 1)

  /// Paints plaques into a copy.
  ///
  /// - Parameters:
  ///   - scan: an axial CT of a person without coronary calcium.
  ///   - maps: what the localiser says about it.
  ///   - seed: other seeds paint other plaques.
  ///   - isPlain: whether nothing is painted after all.
  init(_ scan: Volume<Int16>, _ maps: ScanMaps, seed: UInt64, isPlain: Bool) {
    ct = scan
    painted = Array(repeating: 0, count: scan.voxels.count)
    surroundings = CandidateSurroundings(maps)
    if isPlain { return }
    var random = SplitMix64(seed: SplitMix64.mixed(seed))
    let sac = maps.probability(of: StagedModel.sacClasses)
    let heat = StagedModel.arteries.map { maps.heatMap($0) ?? [] }
    let highest = sac.indices.map { i in heat.map { $0.isEmpty ? 0 : $0[i] }.max() ?? 0 }
    for (number, map) in heat.enumerated() where !map.isEmpty {
      let course = map.indices.filter { map[$0] > 0.5 && map[$0] == highest[$0] && sac[$0] > 0.5 }
      guard !course.isEmpty else { continue }
      for _ in 0..<Int.random(in: 0...5, using: &random) {
        let i = course[Int.random(in: 0..<course.count, using: &random)]
        let near = course.filter { maps.distance($0, i) < 2.5 * maps.scan.spacing && $0 != i }
        let next = near.isEmpty ? i : near[Int.random(in: 0..<near.count, using: &random)]
        paint(
          UInt8(number + 1), at: maps.voxel(ofCoarse: i), towards: maps.voxel(ofCoarse: next),
          jitter: 1.5, &random)
      }
    }
    let elsewhere = sac.indices.filter { sac[$0] > 0.3 && highest[$0] < 0.12 }
    for _ in 0..<Int.random(in: 2...8, using: &random) where !elsewhere.isEmpty {
      let i = elsewhere[Int.random(in: 0..<elsewhere.count, using: &random)]
      let far = elsewhere[Int.random(in: 0..<elsewhere.count, using: &random)]
      paint(
        Self.decoy, at: maps.voxel(ofCoarse: i), towards: maps.voxel(ofCoarse: far), jitter: 0,
        &random)
    }
    addGrain(&random)
  }

  /// What a set of connected voxels is: a place in `TrainingSubject.classNames`.
  func classNumber(of candidate: StageCandidate) -> Int {
    var votes = Array(repeating: 0, count: Int(Self.decoy) + 1)
    for i in candidate.voxels { votes[Int(painted[i])] += 1 }
    let most = votes.indices.dropFirst().max { votes[$0] < votes[$1] } ?? 1
    if votes.dropFirst().reduce(0, +) * 5 >= candidate.voxels.count * 2 {
      return most == Int(Self.decoy)
        ? TrainingSubject.classNames.firstIndex(of: "other") ?? 0 : most - 1
    }
    return surroundings.classNumber(of: candidate)
  }

  /// Paints one rod with round ends, blurred as the scan is.
  private mutating func paint(
    _ label: UInt8, at start: SIMD3<Double>, towards next: SIMD3<Double>, jitter: Double,
    _ random: inout SplitMix64
  ) {
    func uniform(_ range: ClosedRange<Double>) -> Double {
      Double.random(in: range, using: &random)
    }
    func normal() -> Double { (0..<4).reduce(0) { sum, _ in sum + uniform(-0.87...0.87) } }
    let spacing = ct.geometry.spacing
    let moved = start * spacing + SIMD3(normal(), normal(), normal()) * jitter
    let way = (next - start) * spacing
    let distance = (way * way).sum().squareRoot()
    let direction = distance > 0 ? way / distance : SIMD3(0, 0, 1)
    let radius = min(max(0.8 * exp(0.5 * normal()), 0.35), 2.2)
    let length = uniform(0...1) < 0.5 ? uniform(0...2) : uniform(1...12)
    let hu = min(max(480 * exp(0.5 * normal()), 170), 1800)
    let blur = uniform(0.35...0.6)
    let reach = radius + 3 * blur
    let ends = [moved, moved + direction * length]
    func bounds(_ axis: Int, _ count: Int, _ margin: Double) -> ClosedRange<Int>? {
      let values = ends.map { $0[axis] }
      let low = max(0, Int(((values.min() ?? 0) - margin) / spacing[axis]))
      let high = min(count - 1, Int(((values.max() ?? 0) + margin) / spacing[axis]) + 1)
      return low <= high ? low...high : nil
    }
    guard let columns = bounds(0, ct.extent.columns, reach),
      let rows = bounds(1, ct.extent.rows, reach),
      let slices = bounds(2, ct.extent.slices, reach + spacing.z / 2)
    else { return }
    // The share of the rod in a voxel: five points across the blur along each axis in the plane,
    // three through the slice.
    let weights = [-2.0, -1, 0, 1, 2].map { ($0, exp(-$0 * $0 / 2)) }
    let whole = weights.reduce(0) { $0 + $1.1 }
    for z in slices {
      for y in rows {
        for x in columns {
          let p = SIMD3(Double(x), Double(y), Double(z)) * spacing
          var share = 0.0
          for (v, a) in weights {
            for (u, b) in weights {
              for w in -1...1 {
                let q = p + SIMD3(u * blur, v * blur, Double(w) * spacing.z / 3)
                let t = min(max(((q - moved) * direction).sum(), 0), length)
                let d = q - moved - direction * t
                if (d * d).sum() < radius * radius { share += a * b }
              }
            }
          }
          share /= 3 * whole * whole
          guard share > 0.02 else { continue }
          let i = ct.offset(z, y, x)
          let old = Double(ct.voxels[i])
          ct.voxels[i] = Int16(min(old + share * max(0, hu - old), 3071))
          if share > 0.15 { painted[i] = label }
        }
      }
    }
  }

  /// Adds some more grain, so that copies differ.
  private mutating func addGrain(_ random: inout SplitMix64) {
    let strength =
      Float.random(in: 0...1, using: &random) < 0.5 ? 0 : Float.random(in: 2...14, using: &random)
    guard strength > 0 else { return }
    var before: Float = 0
    for i in ct.voxels.indices {
      let bits = random.next()
      let sum = Float(bits & 0xFFFF) + Float((bits >> 16) & 0xFFFF) + Float((bits >> 32) & 0xFFFF)
      let grain = (sum * 0x1p-16 - 1.5) * 2
      ct.voxels[i] = Int16(
        min(max(Float(ct.voxels[i]) + strength * (0.8 * grain + 0.6 * before), -1024), 3071))
      before = grain
    }
  }
}
