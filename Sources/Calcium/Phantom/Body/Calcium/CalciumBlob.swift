// SPDX-License-Identifier: Apache-2.0
import Agatston

/// A piece of calcium, or of what looks like it, in the atlas: a rod with round ends, or a plate.
struct CalciumBlob: Sendable {
  /// What it is.
  enum Kind: Hashable, Sendable {
    /// A plaque of a coronary artery.
    case coronary(Artery)
    /// Calcium elsewhere, by the name of its place.
    case elsewhere(String)
  }

  let kind: Kind
  let from: Point
  let to: Point
  /// Half its thickness in mm.
  let radius: Float
  /// Its HU before any blur.
  let attenuation: Float
  /// The direction along which a plate is thin, of length 1.
  var normal = Point.zero
  /// How many times thinner it is along `normal`.
  var flatness: Float = 1

  /// The share of a small cube of an edge in mm that it fills, about.
  func coverage(at p: Point, edge: Float) -> Float {
    // A rod thinner than the cube never fills it.
    let most = min(1, 2.2 * radius / flatness / edge)
    return clamped(0.5 - distance(to: p) / edge, 0, 1) * most
  }

  /// The distance from its surface in mm, negative inside; that of a plate is an estimate.
  func distance(to p: Point) -> Float {
    let axis = to - from
    let t = clamped(dot(p - from, axis) / max(dot(axis, axis), 1e-6), 0, 1)
    let v = p - from - axis * t
    let d = dot(v, v).squareRoot()
    if flatness == 1 { return d - radius }
    // In a space that is stretched along the normal the plate is a rod.
    let stretched = length(v + normal * (dot(v, normal) * (flatness - 1)))
    return (stretched - radius) / max(stretched / max(d, 1e-3), 1)
  }

  /// Its volume in mm³ as a rod, where a mm of the atlas is `scale` mm.
  func volume(scale: Float) -> Double {
    let (r, l) = (radius * scale, length(to - from) * scale)
    return Double(Float.pi * r * r * (l + 4 / 3 * r))
  }

  /// The same piece, thicker and denser.
  func grown(_ factor: Float, denser: Float) -> CalciumBlob {
    var blob = CalciumBlob(
      kind: kind, from: from, to: to, radius: radius * factor,
      attenuation: min(attenuation * denser, 1_900))
    (blob.normal, blob.flatness) = (normal, flatness)
    return blob
  }

  var bounds: Box {
    Box(low: pointwiseMin(from, to) - radius, high: pointwiseMax(from, to) + radius)
  }
}
