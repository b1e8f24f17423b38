// SPDX-License-Identifier: Apache-2.0
import Atlas
import Foundation
import Meshes

/// Draws calcium that is not coronary, each kind in the shapes that it has.
struct BodyDeposits {
  let atlas: BodyAtlas
  let patches: SitePatches
  /// A mm of the patient in mm of the atlas.
  let unit: Float

  init(atlas: BodyAtlas, unit: Float) {
    self.atlas = atlas
    self.unit = unit
    patches = SitePatches(atlas: atlas, unit: unit)
  }

  /// The HU of a deposit; a fifth are faint.
  private func attenuation(_ random: inout KeyedRandom) -> Float {
    random.chance(0.2)
      ? random.uniform(160, 260) : clamped(430 * expf(0.5 * random.normal()), 170, 1600)
  }

  /// The deposits of one site.
  func deposits(
    at site: CalcificationSite, _ places: [Int32], _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    let number =
      switch site {
      case .ascendingAorta, .aorticArch, .descendingAorta: random.whole(1...9)
      case .aorticValve: random.whole(1...5)
      case .mitralRing: random.whole(1...3)
      case .cartilage: random.whole(2...22)
      case .airway: random.whole(1...7)
      case .node: random.whole(1...4)
      case .pericardium: random.whole(1...3)
      case .myocardium: random.whole(1...3)
      }
    return (0..<number).flatMap { _ in
      deposit(at: site, places, Int(places[random.whole(0...(places.count - 1))]), &random)
    }
  }

  private func deposit(
    at site: CalcificationSite, _ places: [Int32], _ voxel: Int, _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    let kind = CalciumBlob.Kind.elsewhere(site.rawValue)
    let hu = attenuation(&random)
    func patch(
      _ reach: Float, across axis: Point? = nil, _ look: SitePatches.Look,
      _ random: inout KeyedRandom
    ) -> [CalciumBlob] {
      patches.deposit(
        kind, on: places, round: voxel, within: reach, across: axis, look, &random)
    }
    switch site {
    case .ascendingAorta, .aorticArch, .descendingAorta:
      // Specks, plates along the wall, and now and then a wall that is calcified over centimetres.
      let u = random.unit()
      if u < 0.4 { return [speck(kind, voxel, 0.4...1.4, hu, &random)] }
      let reach = u < 0.85 ? random.uniform(1.5, 5) : random.uniform(5, 13)
      return patch(
        reach,
        .init(
          radius: 0.9...1.7, attenuation: hu, flatness: random.uniform(1.5, 4),
          share: random.uniform(0.35, 0.9)), &random)
    case .aorticValve:
      return patch(
        random.uniform(1, 5),
        .init(radius: 0.4...1.2, attenuation: hu, share: random.uniform(0.15, 0.6)), &random)
    case .mitralRing:
      let u = random.unit()
      if u < 0.1 { return caseous(voxel, &random) }
      if u < 0.4 { return [speck(kind, voxel, 0.5...1.6, hu, &random)] }
      let thickest = random.uniform(0.8, 2)
      return patch(
        random.uniform(5, 24),
        .init(radius: 0.6...thickest, attenuation: hu, share: random.uniform(0.3, 0.9)), &random)
    case .cartilage:
      // Rims that show as rings, stretches of them, and specks within.
      let u = random.unit()
      let axis = u < 0.35 ? normalized(Point(random.normal(), random.normal(), 0.3)) : nil
      let reach = u < 0.35 ? random.uniform(6, 13) : u < 0.75 ? random.uniform(2, 8) : 1
      return patch(
        reach, across: axis,
        .init(
          radius: 0.35...0.85, attenuation: hu,
          flatness: random.uniform(1, 1.8), share: random.uniform(0.2, 0.8)), &random)
    case .airway:
      let isRing = random.chance(0.6)
      return patch(
        isRing ? random.uniform(5, 14) : random.uniform(1, 3),
        across: isRing ? normalized(Point(0.3 * random.normal(), 0.3 * random.normal(), 1)) : nil,
        .init(radius: 0.35...0.75, attenuation: hu, share: random.uniform(0.35, 0.9)), &random)
    case .node: return cluster(kind, at: atlas.grid.position(ofVoxel: voxel), hu, &random)
    case .pericardium:
      return patch(
        random.chance(0.5) ? random.uniform(1, 4) : random.uniform(4, 22),
        .init(
          radius: 0.7...1.5, attenuation: hu, flatness: random.uniform(1, 3),
          share: random.uniform(0.3, 0.8)), &random)
    case .myocardium:
      return random.chance(0.5)
        ? [speck(kind, voxel, 0.5...2, hu, &random)]
        : cluster(kind, at: atlas.grid.position(ofVoxel: voxel), hu, &random)
    }
  }

  private func speck(
    _ kind: CalciumBlob.Kind, _ voxel: Int, _ size: ClosedRange<Float>, _ hu: Float,
    _ random: inout KeyedRandom
  ) -> CalciumBlob {
    let p = atlas.grid.position(ofVoxel: voxel) + random.jitter(0.4)
    return CalciumBlob(
      kind: kind, from: p, to: p + random.direction() * random.uniform(0, 3) * unit,
      radius: random.uniform(size.lowerBound, size.upperBound) * unit, attenuation: hu)
  }

  // Grains of many sizes that lie close together.
  private func cluster(
    _ kind: CalciumBlob.Kind, at p: Point, _ hu: Float, _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    let spread = random.uniform(0.8, 3) * unit
    return (0..<random.whole(1...12)).map { _ in
      let q = p + random.jitter(spread)
      return CalciumBlob(
        kind: kind, from: q, to: q + random.jitter(0.7 * unit),
        radius: random.uniform(0.4, 1.8) * unit, attenuation: hu * random.uniform(0.6, 1.3))
    }
  }

  // A mass of the mitral ring: soft within, with a denser rim.
  private func caseous(_ voxel: Int, _ random: inout KeyedRandom) -> [CalciumBlob] {
    let kind = CalciumBlob.Kind.elsewhere(CalcificationSite.mitralRing.rawValue)
    let p = atlas.grid.position(ofVoxel: voxel)
    let radius = random.uniform(4, 9) * unit
    let along = random.direction() * (radius * 0.6)
    let hu = random.uniform(180, 420)
    var result = [
      CalciumBlob(kind: kind, from: p - along, to: p + along, radius: radius, attenuation: hu)
    ]
    for _ in 0..<random.whole(10...50) {
      let q = p + random.direction() * radius + along * random.uniform(-1, 1)
      result.append(
        CalciumBlob(
          kind: kind, from: q, to: q + random.jitter(0.8), radius: random.uniform(0.6, 1.4) * unit,
          attenuation: hu * random.uniform(1.3, 2.5)))
    }
    return result
  }

  /// Calcium of the root's wall about an ostium, which meets that of the artery.
  func ostial(_ places: [Int32], _ random: inout KeyedRandom) -> [CalciumBlob] {
    let name = random.chance(0.65) ? "left ostium" : "right ostium"
    guard let ostium = atlas.landmarks[name],
      let voxel = patches.nearest(to: ostium + random.jitter(2), of: places)
    else { return [] }
    return patches.deposit(
      .elsewhere(CalcificationSite.ascendingAorta.rawValue), on: places, round: voxel,
      within: random.uniform(1.5, 7),
      .init(
        radius: 0.6...1.5, attenuation: attenuation(&random), flatness: random.uniform(1, 3),
        share: random.uniform(0.3, 0.9)), &random)
  }

  /// Calcified grains in the lungs.
  func granulomas(_ random: inout KeyedRandom) -> [CalciumBlob] {
    (0..<random.whole(1...4)).compactMap { _ in
      guard let p = patches.point(in: .lung, within: 130, &random) else { return nil }
      return CalciumBlob(
        kind: .elsewhere("granuloma"), from: p, to: p + random.jitter(0.5),
        radius: random.uniform(0.6, 3.5) * unit, attenuation: random.uniform(200, 1100))
    }
  }

  /// The very shapes of plaques where no artery runs: only the place decides.
  func decoys(_ random: inout KeyedRandom) -> [CalciumBlob] {
    let tissues: [Tissue] = [.coronaryVein, .myocardium, .epicardialFat, .mediastinalFat, .vein]
    var result: [CalciumBlob] = []
    for _ in 0..<random.whole(1...9) {
      let p =
        random.chance(0.5)
        ? atlas.heartCentre + random.jitter(38)
        : patches.point(in: random.element(of: tissues), within: 76, &random)
      guard let p, let index = atlas.grid.index(at: p),
        atlas.arteryDistances.values.allSatisfy({ $0[index] > 60 })
      else { continue }
      let wanted = clamped(expf(1.2 + 1.5 * random.normal()), 0.6, 250)
      let path = CalciumPath(
        from: p, length: 26, radius: random.uniform(1, 2) * unit, &random)
      let plaque = BodyPlaque(kind: .elsewhere("decoy"), path: path, unit: unit)
      let form = BodyPlaque.form(scoring: wanted, &random)
      // What comes near an artery would be told from its plaques by chance only.
      result += plaque.blobs(scoring: wanted, as: form, at: 0, denser: 1, &random).filter { blob in
        guard let i = atlas.grid.index(at: blob.from) else { return false }
        return atlas.arteryDistances.values.allSatisfy { $0[i] > 45 }
      }
    }
    return result
  }
}
