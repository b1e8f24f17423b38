// SPDX-License-Identifier: Apache-2.0

/// A shape with a signed distance: negative inside, in mm near its surface.
protocol Solid: Sendable {
  /// A box that holds the whole shape.
  var bounds: Box { get }
  /// The signed distance of a point from the surface, in mm.
  func distance(_ p: Point) -> Float
  /// The part of the shape that matters within `reach` mm of a height, or `nil` if there is none.
  func near(z: Float, within reach: Float) -> Self?
}

extension Solid {
  func near(z: Float, within reach: Float) -> Self? {
    bounds.reaches(z: z, within: reach) ? self : nil
  }
}

/// A ball stretched along three perpendicular directions.
struct Ellipsoid: Solid {
  var center: Point
  /// Perpendicular unit vectors of the three semi-axes.
  var axes: (Point, Point, Point)
  /// The lengths of the semi-axes, in mm.
  var semi: Point

  init(_ center: Point, _ semi: Point) {
    self.center = center
    self.semi = semi
    axes = (Point(1, 0, 0), Point(0, 1, 0), Point(0, 0, 1))
  }

  /// An ellipsoid whose first axis is `along` and whose second lies as near to `second` as it can.
  init(_ center: Point, _ semi: Point, along: Point, second: Point) {
    self.center = center
    self.semi = semi
    let first = normalized(along)
    let third = normalized(cross(first, second))
    axes = (first, normalized(cross(third, first)), third)
  }

  var bounds: Box {
    let a = axes.0 * semi.x
    let b = axes.1 * semi.y
    let c = axes.2 * semi.z
    let reach = (a * a + b * b + c * c).squareRoot()
    return Box(low: center - reach, high: center + reach)
  }

  // First-order distance of I. Quilez ("ellipsoid - distance"): exact on the surface.
  @inline(__always)
  func distance(_ p: Point) -> Float {
    let d = p - center
    let q = Point(dot(d, axes.0), dot(d, axes.1), dot(d, axes.2)) / semi
    let r = q / semi
    let k1 = length(r)
    if k1 < 1e-6 { return -min(semi.x, min(semi.y, semi.z)) }
    let k0 = length(q)
    return k0 * (k0 - 1) / k1
  }
}

/// A rod with round ends whose radius runs linearly from one end to the other.
struct Capsule: Solid {
  var from: Point
  var to: Point
  var fromRadius: Float
  var toRadius: Float

  var bounds: Box {
    let r = max(fromRadius, toRadius)
    return Box(low: pointwiseMin(from, to) - r, high: pointwiseMax(from, to) + r)
  }

  @inline(__always)
  func distance(_ p: Point) -> Float {
    let axis = to - from
    let d = p - from
    // Written out: the commonest call of all, and other files are not inlined in debug builds.
    let t = min(max((d * axis).sum() / max((axis * axis).sum(), 1e-9), 0), 1)
    let v = d - axis * t
    return (v * v).sum().squareRoot() - (fromRadius + (toRadius - fromRadius) * t)
  }
}

/// An irregular lump, such as a calcified node: an ellipsoid with a bumpy surface.
struct Lump: Solid {
  var body: Ellipsoid
  var noise: SmoothNoise
  /// How far bumps move the surface, as a fraction of the smallest semi-axis.
  var roughness: Float
  /// The offset of this lump in the noise, so that no two lumps are alike.
  var phase: Point

  private var smallest: Float { min(body.semi.x, min(body.semi.y, body.semi.z)) }

  var bounds: Box { body.bounds.expanded(by: roughness * smallest) }

  @inline(__always)
  func distance(_ p: Point) -> Float {
    let size = smallest
    return body.distance(p) + roughness * size * noise.value(p / max(1.6 * size, 0.8) + phase)
  }
}
