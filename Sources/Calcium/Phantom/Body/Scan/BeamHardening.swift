// SPDX-License-Identifier: Apache-2.0
import Atlas
import Foundation
import Meshes
import Volume

/// The dark and bright bands between dense bones, and the streaks of what lies beside the field of view.
///
/// A beam loses its soft part in bone, so that a projection through much bone says too little: by about
/// the square of the bone on its way. Reconstructing that error alone, on a coarse grid, gives the
/// bands. Where much bone lies on the way few photons arrive: noise of such projections makes streaks.
struct BeamHardening: Sendable {
  /// The strength of the bands, in HU between two dense bones about.
  private let strength: Float
  /// The noise of projections through much bone, relative to their error.
  private let starvation: Float
  /// Bones of arms at the sides of the body: places and radii in mm of the patient.
  private let arms: [SIMD3<Float>]
  private let seed: UInt64
  private let subject: Int

  private static let cell: Float = 4
  private static let columns = 116
  private static let rows = 88
  private static let angles = 60
  private static let bin: Float = 2.5
  private static let bins = 288
  /// The centre of the grid, in mm from the heart's centre: the trunk's middle lies to its right.
  private static let centre = SIMD2<Float>(-20, 25)

  init(isGated: Bool, isAbsent: Bool = false, trunkWidth: Float, seed: UInt64, subject: Int) {
    self.seed = seed
    self.subject = subject
    var random = KeyedRandom(seed: seed, subject: subject, purpose: .artefacts)
    let usual = 14 * expf(0.5 * random.normal())
    strength = isAbsent ? 0 : usual
    let hasArms = random.chance(isGated ? 0.05 : 0.15) && !isAbsent
    starvation = random.uniform(0, 0.35) * (hasArms ? 2 : 1)
    let side = trunkWidth / 2 + random.uniform(28, 55)
    let height = random.uniform(-10, 60)
    let bone = random.uniform(10, 13)
    arms =
      hasArms
      ? [[Self.centre.x - side, height, bone], [Self.centre.x + side, height + 8, bone]] : []
  }

  /// What a scan needs a map of: the grid over all its heights.
  func box(like scanner: BodyScanner) -> Box {
    let half = SIMD2(Float(Self.columns), Float(Self.rows)) * Self.cell / 2
    let (low, high) = (Self.centre - half, Self.centre + half)
    let height = Float(scanner.geometry.spacing.z) * Float(scanner.geometry.extent.slices)
    return Box(
      low: Point(low.x, low.y, scanner.corner.z),
      high: Point(high.x, high.y, scanner.corner.z + height))
  }

  /// The error of a slice in HU, to be looked up by place.
  struct Shade {
    fileprivate let values: [Float]

    /// The error at a point of the slice, in mm from the heart's centre.
    func value(at p: SIMD2<Float>) -> Float {
      let size = SIMD2(Float(BeamHardening.columns), Float(BeamHardening.rows))
      let q = (p - BeamHardening.centre) / BeamHardening.cell + size / 2
      let x = clamped(q.x, 0, size.x - 1.001)
      let y = clamped(q.y, 0, size.y - 1.001)
      let k = Int(y) * BeamHardening.columns + Int(x)
      let (u, v) = (x - Float(Int(x)), y - Float(Int(y)))
      return mix(
        mix(values[k], values[k + 1], u),
        mix(values[k + BeamHardening.columns], values[k + BeamHardening.columns + 1], u), v)
    }
  }

  /// The bands of a slice.
  func shade(of scene: BodyScene, map: BodyMap, height: Float, slice: Int) -> Shade {
    var projections = project(bones(of: scene, map: map, height: height))
    var random = KeyedRandom(
      seed: seed, subject: subject, purpose: .artefacts, index: slice + 1)
    for i in projections.indices where projections[i] != 0 {
      // In units of 40 mm of dense bone.
      let error = projections[i] * projections[i] / 1600
      projections[i] = -error * (1 + starvation * random.normal())
    }
    return Shade(values: backProjected(filtered(projections)))
  }

  // The bone of a slice by place: x, y and how dense it is.
  private func bones(of scene: BodyScene, map: BodyMap, height: Float) -> [SIMD3<Float>] {
    let size = SIMD2(Float(Self.columns), Float(Self.rows)) * Self.cell
    let low = Self.centre - size / 2
    var places = Array(repeating: Point.zero, count: Self.columns)
    var result: [SIMD3<Float>] = []
    let cortical = scene.values.mean[Int(Tissue.corticalBone.rawValue)] / 1000
    let cancellous = scene.values.mean[Int(Tissue.cancellousBone.rawValue)] / 1000
    let grid = scene.atlas.grid
    for y in 0..<Self.rows {
      map.row(
        from: Point(low.x, low.y + Float(y) * Self.cell, height), step: Self.cell, into: &places)
      for x in 0..<Self.columns {
        guard let i = grid.index(at: places[x]) else { continue }
        let density: Float
        switch Tissue(rawValue: scene.atlas.tissues[i]) {
        case .corticalBone: density = cortical
        case .cancellousBone: density = cancellous
        default: continue
        }
        result.append([low.x + Float(x) * Self.cell, low.y + Float(y) * Self.cell, density])
      }
    }
    for arm in arms {
      for j in -3...3 {
        for i in -3...3 {
          let offset = SIMD2(Float(i), Float(j)) * Self.cell
          guard (offset * offset).sum() < arm.z * arm.z else { continue }
          result.append([arm.x + offset.x, arm.y + offset.y, 1])
        }
      }
    }
    return result
  }

  // The mm of dense bone on the way of each ray.
  private func project(_ bones: [SIMD3<Float>]) -> [Float] {
    var result = Array(repeating: Float(0), count: Self.angles * Self.bins)
    let mass = Self.cell * Self.cell / Self.bin
    for a in 0..<Self.angles {
      let turn = Float.pi * Float(a) / Float(Self.angles)
      let (c, s) = (cosf(turn), sinf(turn))
      for bone in bones {
        let along = (bone.x - Self.centre.x) * c + (bone.y - Self.centre.y) * s
        let place = along / Self.bin + Float(Self.bins) / 2
        guard place >= 1, place < Float(Self.bins - 2) else { continue }
        let k = a * Self.bins + Int(place)
        let t = place - Float(Int(place))
        // A cell is wider than a bin.
        result[k - 1] += mass * bone.z * 0.5 * (1 - t)
        result[k] += mass * bone.z * 0.5
        result[k + 1] += mass * bone.z * 0.5 * t
      }
    }
    return result
  }

  // The filter of filtered back projection, in space.
  private func filtered(_ projections: [Float]) -> [Float] {
    var result = Array(repeating: Float(0), count: projections.count)
    let reach = 61
    var weights = Array(repeating: Float(0), count: reach + 1)
    weights[0] = 0.25
    for k in stride(from: 1, through: reach, by: 2) {
      let turn = Float.pi * Float(k)
      weights[k] = -1 / (turn * turn)
    }
    for a in 0..<Self.angles {
      let row = a * Self.bins
      for i in 0..<Self.bins where projections[row + i] != 0 {
        let value = projections[row + i]
        result[row + i] += value * weights[0]
        for k in stride(from: 1, through: reach, by: 2) {
          if i - k >= 0 { result[row + i - k] += value * weights[k] }
          if i + k < Self.bins { result[row + i + k] += value * weights[k] }
        }
      }
    }
    return result
  }

  private func backProjected(_ projections: [Float]) -> [Float] {
    var result = Array(repeating: Float(0), count: Self.columns * Self.rows)
    let scale = strength * 100 * .pi / Float(Self.angles) / Self.bin
    for a in 0..<Self.angles {
      let turn = Float.pi * Float(a) / Float(Self.angles)
      let (c, s) = (cosf(turn) * Self.cell / Self.bin, sinf(turn) * Self.cell / Self.bin)
      for y in 0..<Self.rows {
        let across = (Float(y) - Float(Self.rows) / 2) * s + Float(Self.bins) / 2
        for x in 0..<Self.columns {
          let place = (Float(x) - Float(Self.columns) / 2) * c + across
          guard place >= 0, place < Float(Self.bins - 1) else { continue }
          let k = a * Self.bins + Int(place)
          result[y * Self.columns + x] +=
            scale * mix(projections[k], projections[k + 1], place - Float(Int(place)))
        }
      }
    }
    return result
  }
}
