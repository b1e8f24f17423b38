// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Meshes

/// How a heart lies in another chest: turned round a point in its middle.
///
/// The hearts of meshes hang more upright than those of patients, who lie on their backs and hold a
/// deep breath. `fitting` finds the turn by which the coronary arteries run where 444 patients have
/// their calcium.
struct HeartTurn: Sendable {
  /// The point that stays, in mm.
  let pivot: SIMD3<Float>
  /// The axis of the turn times its angle in radians.
  let rotation: SIMD3<Float>

  /// How far from the pivot everything turns with the heart, and over which distance that fades, in mm.
  private static let (reach, fade): (Float, Float) = (50, 55)
  /// How far behind the pivot it begins to fade, since nothing turns at the spine, and how soon, in mm.
  private static let (back, backFade): (Float, Float) = (25, 30)

  /// Where a point of the heart goes.
  func heart(_ p: SIMD3<Float>) -> SIMD3<Float> { pivot + turned(p - pivot, by: rotation) }

  /// Where a point of the soft tissues round the heart goes: less, the farther away it is.
  func surroundings(_ p: SIMD3<Float>) -> SIMD3<Float> {
    let v = p - pivot
    let distance = max(0, squared(v).squareRoot() - Self.reach) / Self.fade
    let behind = min(max((v.y - Self.back) / Self.backFade, 0), 1)
    let share = expf(-distance * distance) * (1 - behind * behind * (3 - 2 * behind))
    return pivot + turned(v, by: rotation * share)
  }

  /// The turn by which points of a heart's arteries come nearest to where patients have calcium.
  ///
  /// - Parameters:
  ///   - arteries: points of the trunks, the left main's included.
  ///   - pivot: the middle of the heart.
  static func fitting(_ arteries: [Artery: [SIMD3<Float>]], pivot: SIMD3<Float>) -> HeartTurn {
    let fit = CalciumPlaces.Fit(arteries)
    return HeartTurn(pivot: pivot, rotation: fit?.rotation ?? .zero)
  }
}

/// A vector turned by an axis times an angle in radians (Rodrigues's formula).
package func turned(_ v: SIMD3<Float>, by rotation: SIMD3<Float>) -> SIMD3<Float> {
  let angle = squared(rotation).squareRoot()
  guard angle > 1e-6 else { return v }
  let k = rotation / angle
  let across = SIMD3(k.y * v.z - k.z * v.y, k.z * v.x - k.x * v.z, k.x * v.y - k.y * v.x)
  return v * cosf(angle) + across * sinf(angle) + k * ((k * v).sum() * (1 - cosf(angle)))
}
