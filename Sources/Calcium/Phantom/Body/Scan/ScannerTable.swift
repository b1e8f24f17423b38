// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The table that a patient lies on: a mattress, and two thin shells with foam between them, like a
/// shallow trough.
struct ScannerTable: Sendable {
  /// The lowest point of the upper shell, in mm of the patient, and how far the lower one is below it.
  private let top: Float
  private let depth: Float
  /// The middle of the table along x, in mm of the patient.
  private let middle: Float
  /// Half the width of the table, in mm.
  private let halfWidth: Float
  /// How far the upper shell rises from the middle to the edge, in mm.
  private let rise: Float
  /// The radii of both shells in mm; the lower one is bent more.
  private let radii: (upper: Float, lower: Float)
  private let thickness: Float
  private let attenuation: Float
  private let foam: Float
  /// The thickness of the mattress in mm, and its HU.
  private let mattress: (thickness: Float, attenuation: Float)

  /// The table below the back of a subject.
  init(below scene: BodyScene, _ random: inout KeyedRandom) {
    let sampler = BodySampler(scene: scene, edge: 2)
    var back: Float = 60
    // The back is where the body begins, seen from below.
    for x in stride(from: Float(-140), through: 90, by: 23) {
      for z in stride(from: Float(-80), through: 120, by: 40) {
        var y: Float = 260
        while y > back, sampler.plainHU(at: scene.pose.atlasPoint(of: [x, y, z])) < -300 { y -= 3 }
        back = max(back, y)
      }
    }
    mattress = (random.uniform(4, 30), random.uniform(-940, -820))
    top = back + 0.7 * mattress.thickness
    depth = random.uniform(18, 45)
    middle = random.uniform(-45, 5)
    let halfWidth = random.uniform(190, 250)
    let radius = random.uniform(420, 1_100)
    radii = (radius, radius * random.uniform(0.5, 0.95))
    thickness = random.uniform(0.8, 2)
    attenuation = random.uniform(-250, 60)
    foam = random.uniform(-985, -860)
    // Where the lower shell, bent more, comes up to the upper one, the table ends.
    let bend = 0.5 / radii.lower - 0.5 / radii.upper
    self.halfWidth = min(halfWidth, 0.9 * (depth / bend).squareRoot())
    rise = self.halfWidth * self.halfWidth / (2 * radii.upper)
  }

  /// Draws a row of an image that lies at a height `y` where there is air.
  func add(to row: UnsafeMutableBufferPointer<Float>, from x0: Float, pixel: Float, y: Float) {
    guard y > top - rise - mattress.thickness, y < top + depth + 2 else { return }
    for i in row.indices where row[i] < -970 {
      let x = x0 + Float(i) * pixel - middle
      guard abs(x) < halfWidth else { continue }
      let upper = y - (top - x * x / (2 * radii.upper))
      let lower = y - (top + depth - x * x / (2 * radii.lower))
      guard upper > -mattress.thickness, lower < thickness else { continue }
      let wall = max(
        1 - max(0, abs(upper) - thickness / 2) / pixel,
        1 - max(0, abs(lower) - thickness / 2) / pixel)
      let inside = upper > 0 ? (lower < 0 ? foam : row[i]) : mattress.attenuation
      row[i] = mix(inside, attenuation, clamped(wall, 0, 1))
    }
  }
}
