// SPDX-License-Identifier: Apache-2.0

/// A place in the anatomy, in mm along LPS axes, with the ostium of the left main at the origin.
typealias Point = SIMD3<Float>

@inline(__always) func dot(_ a: Point, _ b: Point) -> Float { (a * b).sum() }

@inline(__always) func length(_ a: Point) -> Float { dot(a, a).squareRoot() }

@inline(__always) func cross(_ a: Point, _ b: Point) -> Point {
  Point(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}

/// The unit vector of `a`, or +z where `a` has no length.
@inline(__always) func normalized(_ a: Point) -> Point {
  let l = length(a)
  return l > 1e-6 ? a / l : Point(0, 0, 1)
}

// One overload a type: a generic one would not be specialised across files in debug builds.
@inline(__always) func mix(_ a: Point, _ b: Point, _ t: Float) -> Point { a + (b - a) * t }

@inline(__always) func mix(_ a: SIMD2<Float>, _ b: SIMD2<Float>, _ t: Float) -> SIMD2<Float> {
  a + (b - a) * t
}

@inline(__always) func mix(_ a: SIMD4<Float>, _ b: SIMD4<Float>, _ t: Float) -> SIMD4<Float> {
  a + (b - a) * t
}

@inline(__always) func mix(_ a: Float, _ b: Float, _ t: Float) -> Float { a + (b - a) * t }

@inline(__always) func clamped(_ x: Float, _ low: Float, _ high: Float) -> Float {
  min(max(x, low), high)
}

/// A ramp from 0 at `from` to 1 at `to` with flat ends.
@inline(__always) func smoothStep(_ from: Float, _ to: Float, _ x: Float) -> Float {
  let t = clamped((x - from) / (to - from), 0, 1)
  return t * t * (3 - 2 * t)
}

/// The union of two signed distances, rounded over about `k` mm.
///
/// Inigo Quilez, polynomial smooth minimum.
@inline(__always) func smoothUnion(_ a: Float, _ b: Float, _ k: Float) -> Float {
  let h = max(k - abs(a - b), 0) / k
  return min(a, b) - h * h * k * 0.25
}

/// The intersection of two signed distances, rounded over about `k` mm.
@inline(__always) func smoothIntersection(_ a: Float, _ b: Float, _ k: Float) -> Float {
  -smoothUnion(-a, -b, k)
}

/// An axis-aligned box, in mm.
struct Box {
  var low: Point
  var high: Point

  func expanded(by margin: Float) -> Box { Box(low: low - margin, high: high + margin) }

  func reaches(z: Float, within margin: Float = 0) -> Bool {
    z >= low.z - margin && z <= high.z + margin
  }

  mutating func formUnion(_ other: Box) {
    low = pointwiseMin(low, other.low)
    high = pointwiseMax(high, other.high)
  }
}
