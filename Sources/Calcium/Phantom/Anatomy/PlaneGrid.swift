// SPDX-License-Identifier: Apache-2.0

/// A coarse axial grid on which the signed distances of the organs are worked out.
///
/// Distances vary slowly, so a grid of 2–2.5 mm carries them and pixels interpolate; the anatomy
/// then costs the same at any matrix.
struct PlaneGrid: Sendable {
  let columns: Int
  let rows: Int
  /// The centre of the first grid point, in mm.
  let origin: SIMD2<Float>
  /// The distance between grid points, in mm.
  let step: Float
  /// The height of the plane, in mm.
  let z: Float

  var count: Int { columns * rows }

  /// Outside of everything, for fields that start empty.
  static let far: Float = 500

  @inline(__always)
  func point(_ column: Int, _ row: Int) -> Point {
    Point(origin.x + Float(column) * step, origin.y + Float(row) * step, z)
  }

  /// Replaces the value of each point of the plane within `margin` mm of a box.
  @inline(__always)
  func update(
    _ values: inout [Float], in box: Box, margin: Float,
    _ rule: (_ old: Float, _ index: Int, _ p: Point) -> Float
  ) {
    guard box.reaches(z: z, within: margin) else { return }
    let first = columnRange(box.low.x - margin, box.high.x + margin, origin.x, columns)
    let second = columnRange(box.low.y - margin, box.high.y + margin, origin.y, rows)
    guard !first.isEmpty, !second.isEmpty else { return }
    values.withUnsafeMutableBufferPointer { field in
      for row in second {
        for column in first {
          let index = row * columns + column
          field[index] = rule(field[index], index, point(column, row))
        }
      }
    }
  }

  /// Replaces the value of every point of the plane.
  @inline(__always)
  func update(
    _ values: inout [Float], _ rule: (_ old: Float, _ index: Int, _ p: Point) -> Float
  ) {
    values.withUnsafeMutableBufferPointer { field in
      for row in 0..<rows {
        for column in 0..<columns {
          let index = row * columns + column
          field[index] = rule(field[index], index, point(column, row))
        }
      }
    }
  }

  /// Adds a solid to a field; the union is rounded over `k` mm (0: a sharp one).
  @inline(__always)
  func unite(
    _ values: inout [Float], with solid: some Solid, rounding k: Float = 0, margin: Float = 12,
    offset: Float = 0
  ) {
    update(&values, in: solid.bounds, margin: margin + max(offset, 0)) { old, _, p in
      let d = solid.distance(p) - offset
      return k > 0 ? smoothUnion(old, d, k) : min(old, d)
    }
  }

  /// Adds a tube to a field, widened by `offset` mm.
  func unite(
    _ values: inout [Float], with tube: Tube, margin: Float = 12, offset: Float = 0
  ) {
    guard tube.bounds.reaches(z: z, within: margin + max(offset, 0)) else { return }
    for segment in tube.capsules { unite(&values, with: segment, margin: margin, offset: offset) }
  }

  private func columnRange(_ low: Float, _ high: Float, _ start: Float, _ n: Int) -> Range<Int> {
    let a = clamped(((low - start) / step).rounded(.up), 0, Float(n))
    let b = clamped(((high - start) / step).rounded(.down) + 1, 0, Float(n))
    return a < b ? Int(a)..<Int(b) : 0..<0
  }
}
