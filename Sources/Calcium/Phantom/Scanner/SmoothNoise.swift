// SPDX-License-Identifier: Apache-2.0

/// Smooth random variation in space, in [-1, 1], that makes outlines irregular and tissue uneven.
///
/// Value noise on a lattice of 32³ random numbers, which repeats after 32 wavelengths.
struct SmoothNoise: Sendable {
  private let lattice: [Float]

  init(_ random: inout KeyedRandom) {
    lattice = (0..<32 * 32 * 32).map { _ in random.uniform(-1, 1) }
  }

  /// The value at a point given in units of the wavelength.
  @inline(__always)
  func value(_ p: Point) -> Float {
    lattice.withUnsafeBufferPointer { table in Self.value(p, table) }
  }

  @inline(__always)
  static func value(_ p: Point, _ table: UnsafeBufferPointer<Float>) -> Float {
    let floor = p.rounded(.down)
    let f = p - floor
    let t = f * f * (Point(repeating: 3) - 2 * f)
    let x = Int(floor.x)
    let y = Int(floor.y)
    let z = Int(floor.z)
    let x0 = x & 31
    let x1 = (x &+ 1) & 31
    let y0 = (y & 31) << 5
    let y1 = ((y &+ 1) & 31) << 5
    let z0 = (z & 31) << 10
    let z1 = ((z &+ 1) & 31) << 10
    let a = mix(table[z0 | y0 | x0], table[z0 | y0 | x1], t.x)
    let b = mix(table[z0 | y1 | x0], table[z0 | y1 | x1], t.x)
    let c = mix(table[z1 | y0 | x0], table[z1 | y0 | x1], t.x)
    let d = mix(table[z1 | y1 | x0], table[z1 | y1 | x1], t.x)
    return mix(mix(a, b, t.y), mix(c, d, t.y), t.z)
  }
}
