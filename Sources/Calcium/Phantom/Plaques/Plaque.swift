// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation

/// One calcified plaque in the wall of a coronary artery.
struct Plaque: Sendable {
  let artery: Artery
  /// The attenuation of its calcium before any blur, in HU.
  let attenuation: Float
  let shape: PlaqueShape
}

/// A bumpy, flattened rod that follows the wall of a vessel.
struct PlaqueShape: Solid {
  /// A cross-section: an ellipse, thin along the vessel's radius.
  struct Section: Sendable {
    let center: Point
    /// The direction from the vessel's axis through the plaque.
    let radial: Point
    /// The half thickness along `radial` and the half width across it, in mm.
    let half: SIMD2<Float>
  }

  private(set) var sections: [Section]
  let noise: SmoothNoise
  let roughness: Float
  let phase: Point

  /// A plaque on a vessel.
  ///
  /// - `arc`: the plaque's middle, in mm along the vessel; `span`: its length in mm.
  /// - `angle`: where on the wall it lies; `twist`: how that turns per mm.
  init(
    on vessel: Tube, arc: Float, span: Float, half: SIMD2<Float>, angle: Float, twist: Float,
    noise: SmoothNoise, roughness: Float, phase: Point
  ) {
    self.noise = noise
    self.roughness = roughness
    self.phase = phase
    let count = max(2, Int((span / 0.8).rounded(.up)))
    sections = (0...count).map { i in
      let t = Float(i) / Float(count)
      let s = arc + (t - 0.5) * span
      let node = vessel.node(at: s)
      let tangent = vessel.tangent(at: s)
      let side = normalized(cross(tangent, abs(tangent.z) < 0.8 ? [0, 0, 1] : [1, 0, 0]))
      let other = cross(tangent, side)
      let turn = angle + twist * (s - arc)
      let radial = side * cosf(turn) + other * sinf(turn)
      let u = abs(2 * t - 1)
      let taper = max(0.2, (1 - u * u * u).squareRoot())
      return Section(
        center: node.position + radial * max(0, node.w - 0.5 * half.x), radial: radial,
        half: half * taper)
    }
  }

  /// The same plaque with thicker and wider sections.
  func grown(_ factor: Float) -> PlaqueShape {
    var shape = self
    shape.sections = sections.map {
      Section(center: $0.center, radial: $0.radial, half: $0.half * factor)
    }
    return shape
  }

  var bounds: Box {
    var box = Box(low: sections[0].center, high: sections[0].center)
    for section in sections {
      let r = max(section.half.x, section.half.y) * (1 + roughness)
      box.formUnion(Box(low: section.center - r, high: section.center + r))
    }
    return box
  }

  func near(z: Float, within reach: Float) -> PlaqueShape? {
    func reaches(_ i: Int) -> Bool {
      let s = sections[i]
      return abs(s.center.z - z) <= reach + max(s.half.x, s.half.y) * (1 + roughness) + 0.8
    }
    guard let first = sections.indices.first(where: reaches),
      let last = sections.indices.last(where: reaches)
    else { return nil }
    var part = self
    part.sections = Array(sections[max(0, first - 1)...min(sections.count - 1, last + 1)])
    return part
  }

  func distance(_ p: Point) -> Float {
    var best = Float.infinity
    var scale: Float = 1
    sections.withUnsafeBufferPointer { list in
      for i in 0..<(list.count - 1) {
        let a = list[i]
        let b = list[i + 1]
        let axis = b.center - a.center
        let t = clamped(dot(p - a.center, axis) / max(dot(axis, axis), 1e-9), 0, 1)
        let v = p - (a.center + axis * t)
        let radial = mix(a.radial, b.radial, t)
        let half = mix(a.half, b.half, t)
        let u = dot(v, radial)
        let rest = max(0, dot(v, v) - u * u)
        let q = (u * u / (half.x * half.x) + rest / (half.y * half.y)).squareRoot()
        let d = (q - 1) * half.x
        if d < best {
          best = d
          scale = half.x
        }
      }
    }
    guard best < 2 * scale + 1 else { return best }
    return best + roughness * scale * noise.value(p / 1.7 + phase)
  }

  /// The volume in mm³, by quadrature on a grid of 0.3 × 0.3 × 0.4 mm.
  var volume: Double {
    let box = bounds
    let pixel: Float = 0.3
    let slab: Float = 0.4
    let columns = Int(((box.high.x - box.low.x) / pixel).rounded(.up)) + 2
    let rows = Int(((box.high.y - box.low.y) / pixel).rounded(.up)) + 2
    var sum = 0.0
    var z = box.low.z - slab / 2
    while z < box.high.z + slab {
      let frame = SliceFrame(
        columns: columns, rows: rows, pixel: pixel,
        origin: [box.low.x - pixel / 2, box.low.y - pixel / 2], z: z, thickness: slab)
      if let part = Coverage(of: self, on: frame, inPlane: pixel, through: slab) {
        sum += part.values.reduce(0.0) { $0 + Double($1) }
      }
      z += slab
    }
    return sum * Double(pixel * pixel * slab)
  }
}
