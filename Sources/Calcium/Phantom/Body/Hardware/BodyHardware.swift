// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Foundation
import Meshes

/// The metal in and on a subject: what surgeons leave, and electrodes on the skin.
struct BodyHardware: Sendable {
  /// How often a subject has each kind.
  struct Burden: Sendable {
    /// The share of subjects with leads, and that of those with wires and clips.
    var surgery: Float
    /// The share of subjects with stents, that of those with valves, and with ports.
    var implants: Float
    /// The share of subjects with electrodes on their skin.
    var electrodes: Float

    /// Nothing at all.
    static let none = Burden(surgery: 0, implants: 0, electrodes: 0)
    /// As in a cohort of patients.
    static let cohort = Burden(surgery: 0.03, implants: 0.02, electrodes: 0.3)
    /// More of what a network has to tell from calcium.
    static let training = Burden(surgery: 0.07, implants: 0.06, electrodes: 0.4)
  }

  /// Where metal throws streaks, in the atlas, and how strong they are near it, in HU.
  struct StreakSource: Sendable {
    let place: Point
    let strength: Float
  }

  /// The kinds, as a scan's list of bright things names them.
  enum Kind: String {
    case lead, sternalWire, clip, stent, valveProsthesis, port, electrode
  }

  private(set) var blobs: [CalciumBlob] = []
  private(set) var sources: [StreakSource] = []
  private let atlas: BodyAtlas
  /// A mm of the patient in mm of the atlas.
  private let unit: Float

  /// - Parameter fat: the thickness of the fat under the skin, in mm.
  init(
    atlas: BodyAtlas, burden: Burden, scale: Float, fat: Float, _ random: inout KeyedRandom
  ) {
    self.atlas = atlas
    unit = 1 / scale
    let finder = AtlasFinder(atlas: atlas, fat: fat)
    if random.chance(burden.surgery) { addLeads(finder, &random) }
    if random.chance(burden.surgery) {
      addWires(finder, &random)
      if random.chance(0.7) { addClips(finder, &random) }
    }
    if random.chance(burden.implants) { addStents(&random) }
    if random.chance(burden.implants) { addValve(&random) }
    if random.chance(burden.implants) { addPort(finder, &random) }
    if random.chance(burden.electrodes) { addElectrodes(finder, &random) }
  }

  private mutating func add(
    _ kind: Kind, _ a: Point, _ b: Point, radius: Float, hu: Float, normal: Point = .zero,
    flatness: Float = 1
  ) {
    blobs.append(
      CalciumBlob(
        kind: .elsewhere(kind.rawValue), from: a, to: b, radius: radius * unit, attenuation: hu,
        normal: normal, flatness: flatness))
  }

  // A smooth wire through points, and its streaks.
  private mutating func addWire(
    _ kind: Kind, through nodes: [Point], radius: Float, hu: Float, streak: Float
  ) {
    guard nodes.count > 1 else { return }
    for i in 0..<nodes.count - 1 {
      let (a, b) = (nodes[i], nodes[i + 1])
      let (before, after) = (nodes[max(i - 1, 0)], nodes[min(i + 2, nodes.count - 1)])
      let count = max(1, Int(length(b - a) / 2.5))
      func at(_ t: Float) -> Point {
        let bent = (b - before) * 0.5 * t * (1 - t) * (1 - t)
        return mix(a, b, t) + bent * 0.5 - (after - a) * 0.25 * t * t * (1 - t)
      }
      for k in 0..<count {
        let (p, q) = (at(Float(k) / Float(count)), at(Float(k + 1) / Float(count)))
        add(kind, p, q, radius: radius, hu: hu)
        if streak > 0 { sources.append(StreakSource(place: p, strength: streak)) }
      }
    }
  }

  // Through the upper caval vein into the right ventricle, and often into the atrium.
  private mutating func addLeads(_ finder: AtlasFinder, _ random: inout KeyedRandom) {
    let centre = atlas.heartCentre
    guard
      let top = finder.point(in: .vein, round: centre + [-25, 0, 75], &random),
      let atrium = finder.middle(of: .rightAtrium, &random),
      let ventricle = finder.middle(of: .rightVentricle, &random),
      let tip = finder.points(in: .rightVentricle, round: centre, 40, &random).min(by: {
        length($0 - (atlas.landmarks["apex"] ?? centre))
          < length($1 - (atlas.landmarks["apex"] ?? centre))
      })
    else { return }
    let isDefibrillator = random.chance(0.3)
    addWire(
      .lead, through: [top + [0, 0, 60], top, atrium, ventricle, tip],
      radius: isDefibrillator ? random.uniform(1, 1.6) : random.uniform(0.5, 1),
      hu: random.uniform(3500, 9000), streak: random.uniform(40, 350))
    guard random.chance(0.55) else { return }
    let side = atrium + random.jitter(9)
    addWire(
      .lead, through: [top + [3, 2, 60], top + [2, 1, 0], atrium + [2, 3, -8], side],
      radius: random.uniform(0.5, 0.9), hu: random.uniform(3500, 8000),
      streak: random.uniform(40, 250))
  }

  // Loops of wire round the breastbone.
  private mutating func addWires(_ finder: AtlasFinder, _ random: inout KeyedRandom) {
    let centre = atlas.heartCentre
    let middle = random.uniform(-4, 6)
    let streak = random.uniform(60, 300)
    for k in 0..<random.whole(3...7) {
      let z = centre.z + 62 - 21 * Float(k) + random.uniform(-4, 4)
      guard
        let inner = finder.first(
          from: [middle, centre.y, z], towards: [0, -1, 0], { $0.isSkeleton })
      else { continue }
      let loop = inner + [0, -5, 0]
      let (wide, deep) = (random.uniform(7, 13), random.uniform(6, 9))
      let tilt = random.uniform(-0.3, 0.3)
      func at(_ i: Int) -> Point {
        let turn = 2 * Float.pi * Float(i) / 12
        return loop + [wide * cosf(turn), deep * sinf(turn), tilt * wide * cosf(turn)]
      }
      for i in 0..<12 { add(.sternalWire, at(i), at(i + 1), radius: 0.5, hu: 7000) }
      // The twisted ends lie in front.
      let knot = loop + [random.uniform(-4, 4), -deep - 1, 0]
      add(.sternalWire, knot, knot + [0, -2, 3], radius: 1, hu: 7000)
      sources.append(StreakSource(place: knot, strength: streak))
    }
  }

  // Clips along a graft that runs from the chest wall to the front groove.
  private mutating func addClips(_ finder: AtlasFinder, _ random: inout KeyedRandom) {
    let centre = atlas.heartCentre
    guard
      let course = atlas.courses.first(where: {
        $0.artery == .leftAnteriorDescending && $0.isTrunk && $0.points.count > 4
      }),
      let wall = finder.first(
        from: centre + [0, 0, 45], towards: [0, -1, 0], { $0.isSkeleton || $0 == .muscle })
    else { return }
    let landing = course.points[course.points.count / 2]
    for _ in 0..<random.whole(3...12) {
      let p = mix(wall + [4, 6, 0], landing, random.unit()) + random.jitter(2.5)
      add(
        .clip, p, p + random.direction() * random.uniform(2, 5) * unit,
        radius: random.uniform(0.4, 0.7), hu: random.uniform(3000, 6000))
      sources.append(StreakSource(place: p, strength: random.uniform(30, 180)))
    }
  }

  // A mesh of struts in the wall of an artery.
  private mutating func addStents(_ random: inout KeyedRandom) {
    for _ in 0..<random.whole(1...2) {
      let trunks = atlas.courses.filter(\.isTrunk)
      guard !trunks.isEmpty, let path = CalciumPath(random.element(of: trunks)) else { continue }
      let place = random.uniform(0, 0.5) * path.steps
      let span = random.uniform(8, 28) * unit / CoronaryCourse.step
      let share = random.uniform(0.8, 1.2)
      let hu = random.uniform(1800, 4500)
      let radius = random.uniform(0.2, 0.35)
      let count = Int(span / 0.35)
      for i in 0..<count {
        let s = place + Float(i) * 0.35
        guard s < path.steps else { break }
        add(
          .stent, path.point(at: s, angle: Float(i) * 1.1, share: share),
          path.point(at: s + 0.35, angle: Float(i + 1) * 1.1, share: share), radius: radius,
          hu: hu)
      }
      let p = path.point(at: place + span / 2, angle: 0, share: 0)
      sources.append(StreakSource(place: p, strength: random.uniform(0, 60)))
    }
  }

  // A ring of the mitral valve, or a prosthesis of the aortic one.
  private mutating func addValve(_ random: inout KeyedRandom) {
    let isAortic = random.chance(0.5)
    func middle(_ site: CalcificationSite) -> Point? {
      guard let places = atlas.calcificationSites[site], !places.isEmpty else { return nil }
      let sum = (0..<40).reduce(Point.zero) { sum, _ in
        sum + atlas.grid.position(ofVoxel: Int(places[random.whole(0...(places.count - 1))]))
      }
      return sum / 40
    }
    guard let centre = middle(isAortic ? .aorticValve : .mitralRing),
      let other = isAortic ? middle(.ascendingAorta) : atlas.landmarks["apex"]
    else { return }
    let axis = normalized(other - centre + [0, 0, 0.1])
    let side = normalized(cross(axis, [0.3, 1, 0.2]))
    let across = cross(axis, side)
    let radius = random.uniform(10, 14) * unit
    let thickness = random.uniform(0.5, 1.5)
    let hu = random.uniform(2500, 8000)
    let isFrame = isAortic && random.chance(0.5)
    // A ring that opens to one side, or a frame of several rings with struts between them.
    let open = !isAortic && random.chance(0.5) ? 6 : 0
    for ring in 0..<(isFrame ? 4 : 1) {
      func at(_ i: Int, _ level: Int) -> Point {
        let turn = 2 * Float.pi * Float(i) / 24
        let zigzag: Float = isFrame ? (i % 2 == 0 ? 2 : -2) : 0
        return centre + (side * cosf(turn) + across * sinf(turn)) * radius
          + axis * (Float(level) * 5 + zigzag) * unit
      }
      for i in 0..<24 - open {
        add(
          .valveProsthesis, at(i, ring), at(i + 1, ring),
          radius: isFrame ? 0.35 : thickness, hu: hu)
      }
      sources.append(
        StreakSource(
          place: centre + axis * Float(ring) * 5 * unit, strength: random.uniform(30, 250)))
    }
  }

  // A chamber under the skin whose catheter leads to the caval vein.
  private mutating func addPort(_ finder: AtlasFinder, _ random: inout KeyedRandom) {
    let centre = atlas.heartCentre
    let start = centre + [random.chance(0.8) ? -75 : 40, 0, random.uniform(55, 90)]
    guard let skin = finder.skin(from: start, towards: [0, -1, 0]),
      let top = finder.point(in: .vein, round: centre + [-25, 0, 60], &random)
    else { return }
    let place = skin + [0, random.uniform(5, 9), 0]
    add(
      .port, place, place + [1, 0, 0], radius: random.uniform(9, 13),
      hu: random.uniform(900, 3500), normal: [0, 1, 0], flatness: random.uniform(1.6, 2.4))
    sources.append(StreakSource(place: place, strength: random.uniform(40, 250)))
    addWire(
      .port, through: [place, mix(place, top, 0.6) + [0, 4, 25], top, top + [0, 0, -30]],
      radius: random.uniform(0.8, 1.2), hu: random.uniform(300, 900), streak: 0)
  }

  // Discs on the skin, mostly in front.
  private mutating func addElectrodes(_ finder: AtlasFinder, _ random: inout KeyedRandom) {
    for _ in 0..<random.whole(1...5) {
      let turn = random.uniform(-1.9, 1.9)
      let heading = Point(sinf(turn), -cosf(turn), 0)
      let start = atlas.heartCentre + [0, 0, random.uniform(-70, 90)]
      guard let skin = finder.skin(from: start, towards: heading) else { continue }
      let normal = normalized(heading)
      add(
        .electrode, skin, skin + [0, 0, 1], radius: random.uniform(3, 7),
        hu: random.uniform(300, 1500), normal: normal, flatness: random.uniform(3, 6))
      add(
        .electrode, skin + normal, skin + normal * 3, radius: random.uniform(1, 2.2),
        hu: random.uniform(1500, 4000))
      sources.append(StreakSource(place: skin, strength: random.uniform(5, 60)))
    }
  }
}
