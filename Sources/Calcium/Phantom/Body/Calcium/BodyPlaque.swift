// SPDX-License-Identifier: Apache-2.0
import Atlas
import Foundation

/// Draws plaques of the shapes that coronary arteries have, from faint haze to casts.
struct BodyPlaque {
  /// What a plaque looks like.
  enum Form {
    /// Faint and soft, hardly above 130 HU.
    case haze
    /// One small dense spot.
    case speck
    /// Spots along the vessel.
    case specks
    /// A spindle in the wall, of uneven density.
    case rod
    /// A part of the wall's circle, or all of it.
    case crescent
    /// What fills the vessel over some centimetres.
    case cast
  }

  let kind: CalciumBlob.Kind
  let path: CalciumPath
  /// A mm of the patient in mm of the atlas: calcium does not grow with the body.
  let unit: Float

  /// A form that a plaque of an Agatston score may have.
  ///
  /// Half of the lesions of patients cover less than 5 mm² of a slice, with peaks near 200 HU: small
  /// ones are haze or specks.
  static func form(scoring wanted: Float, _ random: inout KeyedRandom) -> Form {
    let chances: [(Form, Float)] =
      wanted < 7
      ? [(.haze, 0.3), (.speck, 0.28), (.specks, 0.22), (.rod, 0.2)]
      : wanted < 40
        ? [(.haze, 0.12), (.specks, 0.3), (.rod, 0.32), (.crescent, 0.26)]
        : wanted < 90
          ? [(.specks, 0.2), (.rod, 0.4), (.crescent, 0.4)]
          : [(.specks, 0.1), (.rod, 0.25), (.crescent, 0.3), (.cast, 0.35)]
    var u = random.unit() * chances.reduce(0) { $0 + $1.1 }
    for (form, chance) in chances {
      u -= chance
      if u < 0 { return form }
    }
    return .rod
  }

  /// A plaque that is likely to have a score, as pieces; it begins some steps along the path.
  func blobs(
    scoring wanted: Float, as form: Form, at place: Float, denser: Float,
    _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    switch form {
    case .haze:
      let hu = random.uniform(170, 340)
      return rods(scoring: wanted, at: place, hu: hu, widest: 1.7, uneven: 0.1, &random)
    case .speck:
      let hu = clamped(720 * expf(0.45 * random.normal()), 260, 1900)
      let radius = size(0.2...1.6, scoring: wanted) { ($0, 2 * $0, hu) }
      return [spot(at: place, radius: radius, hu: hu, &random)]
    case .specks: return specks(scoring: wanted, at: place, &random)
    case .rod:
      let hu = clamped(560 * denser * expf(0.5 * random.normal()), 190, 1900)
      return rods(scoring: wanted, at: place, hu: hu, widest: 1.9, uneven: 0.25, &random)
    case .crescent: return crescent(scoring: wanted, at: place, denser: denser, &random)
    case .cast: return cast(scoring: wanted, at: place, denser: denser, &random)
    }
  }

  /// A plaque of the usual form and density.
  func plain(
    scoring wanted: Float, at place: Float, _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    rods(scoring: wanted, at: place, hu: 500, widest: 1.9, uneven: 0, &random)
  }

  // The size at which a body of (half width, length, HU) is expected to have a score.
  private func size(
    _ range: ClosedRange<Float>, scoring wanted: Float, _ shape: (Float) -> (Float, Float, Float)
  ) -> Float {
    var (low, high) = (range.lowerBound, range.upperBound)
    for _ in 0..<18 {
      let middle = (low * high).squareRoot()
      let (half, span, hu) = shape(middle)
      let score = ExpectedScore.agatston(half: [half, half], span: span, attenuation: hu)
      if score < wanted { low = middle } else { high = middle }
    }
    return high
  }

  private func steps(_ length: Float) -> Float { length * unit / CoronaryCourse.step }

  private func spot(
    at place: Float, radius: Float, hu: Float, _ random: inout KeyedRandom
  ) -> CalciumBlob {
    let p = path.point(
      at: place, angle: random.uniform(0, 2 * .pi), share: random.uniform(0.3, 1.1))
    return CalciumBlob(
      kind: kind, from: p, to: p + random.direction() * (radius * unit * random.uniform(0, 1.2)),
      radius: radius * unit, attenuation: hu)
  }

  private func specks(
    scoring wanted: Float, at place: Float, _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    let count = random.whole(2...min(9, max(2, Int(wanted / 3))))
    let hu = clamped(680 * expf(0.4 * random.normal()), 260, 1700)
    let radius = size(0.2...1.5, scoring: wanted / Float(count)) { ($0, 2 * $0, hu) }
    let span = steps(random.uniform(2, 4) * Float(count))
    return (0..<count).map { _ in
      spot(
        at: place + random.unit() * span, radius: radius * random.uniform(0.7, 1.25),
        hu: hu * random.uniform(0.5, 1.3), &random)
    }
  }

  // Short rods along the wall, whose density and thickness wander.
  private func rods(
    scoring wanted: Float, at place: Float, hu: Float, widest: Float, uneven: Float,
    _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    let elongation = random.uniform(0.6, 3.5)
    // A thick plaque grows along the vessel.
    func shape(_ size: Float) -> (Float, Float, Float) {
      let radius = min(size, widest)
      let length = min(60, 2 * elongation * size)
      return (radius, length + radius, hu)
    }
    let (radius, reach, _) = shape(size(0.25...14, scoring: wanted, shape))
    let span = reach - radius
    let count = max(1, Int(steps(span)))
    let angle = random.uniform(0, 2 * .pi)
    let turn = 0.25 * random.normal()
    let share = random.uniform(0.3, 1)
    var (density, width): (Float, Float) = (1, 1)
    var result: [CalciumBlob] = []
    for i in 0..<count {
      density = clamped(density + uneven * random.normal(), 0.5, 1.5)
      width = clamped(width + 0.2 * random.normal(), 0.6, 1.3)
      // Long plaques are spotty.
      if count > 3, random.chance(0.12) { continue }
      let s = place + Float(i)
      let from = path.point(at: s, angle: angle + turn * Float(i), share: share)
      let to =
        count == 1
        ? from + random.direction() * (span * unit)
        : path.point(at: s + 1, angle: angle + turn * Float(i + 1), share: share)
      result.append(
        CalciumBlob(
          kind: kind, from: from, to: to, radius: radius * unit * width,
          attenuation: max(hu * density, 150)))
    }
    return result
  }

  // Thin pieces side by side round the wall, which calcium has moved outwards.
  private func crescent(
    scoring wanted: Float, at place: Float, denser: Float, _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    let hu = clamped(620 * denser * expf(0.4 * random.normal()), 280, 1900)
    let thickness = random.uniform(0.3, 0.65)
    let arc = random.chance(0.25) ? 2 * Float.pi : random.uniform(1.2, 4.5)
    let share = random.uniform(0.9, 1.5)
    let wall = path.frame(at: place).radius / unit * share
    // As a rod of the same cross-section: the score depends on the mass.
    let half = (thickness * arc * wall / .pi * 2).squareRoot()
    let span = size(0.5...40, scoring: wanted) { (half, $0, hu) }
    let angle = random.uniform(0, 2 * .pi)
    let along = max(1, Int(steps(span) * 1.3))
    let round = max(2, Int(arc * wall / 0.8))
    var result: [CalciumBlob] = []
    for i in 0..<along {
      let s = place + Float(i) / 1.3
      for k in 0..<round where !random.chance(0.1) {
        let turn = angle + arc * (Float(k) + random.uniform(-0.3, 0.3)) / Float(round)
        let p = path.point(at: s, angle: turn, share: share)
        let q = path.point(at: s + 0.7, angle: turn, share: share)
        result.append(
          CalciumBlob(
            kind: kind, from: p, to: q, radius: thickness * unit * random.uniform(0.8, 1.2),
            attenuation: hu * random.uniform(0.7, 1.2)))
      }
    }
    return result
  }

  private func cast(
    scoring wanted: Float, at place: Float, denser: Float, _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    let hu = clamped(750 * denser * expf(0.3 * random.normal()), 400, 1900)
    let radius = clamped(path.frame(at: place).radius / unit * random.uniform(0.7, 1.3), 0.8, 2.2)
    let span = size(6...60, scoring: wanted) { (radius, $0, hu) }
    let count = max(2, Int(steps(span)))
    let start = clamped(place, 0, max(0, path.steps - Float(count)))
    var (density, width): (Float, Float) = (1, 1)
    var result: [CalciumBlob] = []
    for i in 0..<count {
      density = clamped(density + 0.18 * random.normal(), 0.55, 1.35)
      width = clamped(width + 0.15 * random.normal(), 0.55, 1.25)
      if random.chance(0.06) { continue }
      let s = start + Float(i)
      let from = path.point(at: s, angle: random.uniform(0, 2 * .pi), share: 0.25)
      result.append(
        CalciumBlob(
          kind: kind, from: from, to: path.point(at: s + 1, angle: 0, share: 0),
          radius: radius * unit * width, attenuation: hu * density))
    }
    return result
  }
}
