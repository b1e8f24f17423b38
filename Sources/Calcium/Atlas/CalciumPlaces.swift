// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation

/// Where coronary calcium lies in patients.
///
/// Means and standard deviations of the regions in the 444 annotation files of COCA (Stanford AIMI,
/// doi:10.71718/k8jb-1d04), by height, in mm from the middle of the left main's calcium.
enum CalciumPlaces {
  /// The calcium of an artery at one height.
  struct Row {
    let artery: Artery
    let mean: SIMD3<Float>
    /// Along x, y and z; along z a third of a row's height each way.
    let deviation: SIMD3<Float>

    init(_ artery: Artery, _ x: Float, _ y: Float, _ z: Float, _ sx: Float, _ sy: Float) {
      self.artery = artery
      mean = [x, y, z]
      deviation = [sx, sy, 6]
    }
  }

  static let rows = [
    Row(.leftAnteriorDescending, 22, -14, 10, 11, 13),
    Row(.leftAnteriorDescending, 21, -12, 0, 10, 11),
    Row(.leftAnteriorDescending, 31, -24, -10, 10, 14),
    Row(.leftAnteriorDescending, 37, -40, -20, 8, 17),
    Row(.leftAnteriorDescending, 36, -56, -30, 5, 12),
    Row(.leftAnteriorDescending, 37, -58, -40, 15, 15),
    Row(.leftCircumflex, 16, 8, 0, 9, 7), Row(.leftCircumflex, 19, 13, -10, 9, 8),
    Row(.leftCircumflex, 25, 21, -20, 9, 7), Row(.leftCircumflex, 29, 25, -30, 10, 9),
    Row(.leftCircumflex, 34, 21, -40, 16, 9), Row(.leftCircumflex, 27, 22, -50, 18, 8),
    Row(.right, -24, -32, -10, 10, 8), Row(.right, -27, -37, -20, 12, 9),
    Row(.right, -35, -40, -30, 11, 9), Row(.right, -38, -44, -40, 10, 12),
    Row(.right, -39, -40, -50, 11, 17), Row(.right, -28, -28, -60, 16, 28),
    Row(.right, -21, -22, -70, 18, 18), Row(.right, -16, -22, -80, 16, 13),
  ]

  /// A turn, a size and a shift by which arteries come near to the rows.
  struct Fit {
    private(set) var rotation = SIMD3<Float>.zero
    private(set) var logSize: Float = 0
    private(set) var shift = SIMD3<Float>.zero
    private(set) var cost: Float = 0

    /// The best one by a pattern search from no change; nil where an artery has no points.
    init?(_ arteries: [Artery: [SIMD3<Float>]]) {
      guard let main = arteries[.leftMain], !main.isEmpty,
        CalciumPlaces.rows.allSatisfy({ !(arteries[$0.artery] ?? []).isEmpty })
      else { return nil }
      let origin = main.reduce(.zero, +) / Float(main.count)
      let points = arteries.mapValues { list in
        // A few hundred points of an artery tell its course.
        stride(from: 0, to: list.count, by: max(1, list.count / 200)).map { list[$0] - origin }
      }
      cost = cost(points)
      var step: Float = 1
      while step > 0.02 {
        var isBetter = false
        for number in 0..<7 {
          for sign in [step, -step] {
            var other = self
            other.move(number, by: sign)
            other.cost = other.cost(points)
            if other.cost < cost {
              self = other
              isBetter = true
            }
          }
        }
        if !isBetter { step /= 2 }
      }
    }

    /// Moves one of the seven numbers by some of its usual steps: 0.15 rad, 8 % or 4 mm.
    private mutating func move(_ number: Int, by steps: Float) {
      switch number {
      case 0..<3: rotation[number] += 0.15 * steps
      case 3: logSize += 0.08 * steps
      default: shift[number - 4] += 4 * steps
      }
    }

    /// The sum over the rows of the squared distance to the nearest point, in standard deviations, and
    /// of what the size and the shift are away from none.
    private func cost(_ points: [Artery: [SIMD3<Float>]]) -> Float {
      var sum = squared(shift) / 25 + logSize * logSize / 0.0225
      let size = expf(logSize)
      let placed = points.mapValues { list in
        list.map { turned($0, by: rotation) * size + shift }
      }
      for row in CalciumPlaces.rows {
        let nearest = placed[row.artery]?.map { squared(($0 - row.mean) / row.deviation) }.min()
        sum += nearest ?? 0
      }
      return sum
    }
  }
}
