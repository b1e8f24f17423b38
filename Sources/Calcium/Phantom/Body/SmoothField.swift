// SPDX-License-Identifier: Apache-2.0

/// A smooth random displacement of space: cubic B-splines over a lattice of random vectors.
///
/// ```swift
/// let field = SmoothField(wavelength: 40, deviation: 4, &random)
/// let displacement = field.value(at: point)  // mm
/// ```
struct SmoothField: Sendable {
  /// The distance of the lattice's nodes in mm.
  private let step: Float
  private let nodes: [Point]
  /// Nodes along each axis; beyond them the lattice repeats.
  private static let count = 16

  /// A field whose displacements have a standard deviation along each axis, in mm.
  init(step: Float, deviation: Float, _ random: inout KeyedRandom) {
    self.step = step
    // The weights of a cubic B-spline leave (0.479)³ of a node's variance on average.
    let scale = deviation / 0.33
    nodes = (0..<Self.count * Self.count * Self.count).map { _ in
      Point(random.normal(), random.normal(), random.normal()) * scale
    }
  }

  /// The displacement at a point, in mm.
  func value(at p: Point) -> Point {
    let q = p / step
    let base = q.rounded(.down)
    let t = q - base
    let mask = Self.count - 1
    var sum = Point.zero
    let (wx, wy, wz) = (Self.weights(t.x), Self.weights(t.y), Self.weights(t.z))
    let (x, y, z) = (Int(base.x), Int(base.y), Int(base.z))
    for k in 0..<4 {
      let slab = ((z &+ k &- 1) & mask) * Self.count
      for j in 0..<4 {
        let row = (slab + ((y &+ j &- 1) & mask)) * Self.count
        let w = wz[k] * wy[j]
        for i in 0..<4 { sum += nodes[row + ((x &+ i &- 1) & mask)] * (w * wx[i]) }
      }
    }
    return sum
  }

  private static func weights(_ t: Float) -> SIMD4<Float> {
    let u = 1 - t
    return SIMD4(
      u * u * u, 3 * t * t * t - 6 * t * t + 4, 3 * u * u * u - 6 * u * u + 4, t * t * t) / 6
  }
}
