// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Foundation

/// The calcium of one subject: plaques on the coronary arteries, calcium elsewhere, and decoys.
struct BodyCalcium: Sendable {
  /// How much of each a subject has.
  struct Burden: Sendable {
    /// The share of subjects with coronary calcium; nil for that of the COCA cohort.
    var coronary: Float?
    /// Which part of the cohort those with calcium come from, 0 (least) … 1 (most).
    var ranks: ClosedRange<Double> = 0...1
    /// The share of subjects with each other kind.
    var elsewhere: Float
    /// The share of subjects with decoys: plaques at places where no artery runs.
    var decoys: Float
    /// How often subjects have metal.
    var hardware: BodyHardware.Burden
    /// Whether plaques are of one form and density.
    var isPlain = false

    /// As in a cohort of patients.
    static func cohort(ranks: ClosedRange<Double>) -> Burden {
      Burden(coronary: nil, ranks: ranks, elsewhere: 0.2, decoys: 0, hardware: .cohort)
    }

    /// The same where subjects do without something.
    func without(_ realisms: Set<Realism>) -> Burden {
      var burden = self
      if realisms.contains(.distractors) {
        (burden.elsewhere, burden.decoys, burden.hardware) = (-1, 0, .none)
      }
      burden.isPlain = realisms.contains(.plaques)
      return burden
    }

    /// Nothing at all.
    static let none = Burden(coronary: 0, elsewhere: -1, decoys: 0, hardware: .none)
    /// More of everything that a network has to tell apart.
    static let training = Burden(
      coronary: 0.55, elsewhere: 0.35, decoys: 0.45, hardware: .training)
  }

  /// The pieces of each plaque of the coronary arteries.
  private(set) var plaques: [[CalciumBlob]] = []
  /// Calcium elsewhere, and decoys.
  private var others: [CalciumBlob] = []
  /// All pieces.
  var blobs: [CalciumBlob] { plaques.flatMap { $0 } + others }
  private let unit: Float

  /// - Parameter scale: the size of a mm of the atlas in the patient: calcium does not grow with it.
  init(atlas: BodyAtlas, burden: Burden, scale: Float, _ random: inout KeyedRandom) {
    unit = 1 / scale
    let disease = PlaqueBurden(&random, ranks: burden.ranks)
    let isIll = burden.coronary.map { random.chance($0) } ?? (disease.rank != nil)
    let rank = disease.rank ?? random.unit()
    if isIll { addPlaques(disease, rank: rank, atlas, isPlain: burden.isPlain, &random) }
    let deposits = BodyDeposits(atlas: atlas, unit: unit)
    for site in CalcificationSite.allCases {
      // Costal cartilage calcifies in most people past fifty.
      let chance = site == .cartilage ? burden.elsewhere + 0.25 : burden.elsewhere
      guard random.chance(chance), let places = atlas.calcificationSites[site] else {
        continue
      }
      others += deposits.deposits(at: site, places, &random)
    }
    if random.chance(0.5 * burden.elsewhere), let places = atlas.calcificationSites[.ascendingAorta]
    {
      others += deposits.ostial(places, &random)
    }
    if random.chance(0.5 * burden.elsewhere) { others += deposits.granulomas(&random) }
    if random.chance(burden.decoys) { others += deposits.decoys(&random) }
  }

  /// Another calcium of the coronary arteries and the same elsewhere, as a later scan shows it.
  func with(plaques: [[CalciumBlob]]) -> BodyCalcium {
    var later = self
    later.plaques = plaques
    return later
  }

  /// How near to its start an artery's calcium lies: 1 for anywhere, more for nearer.
  private static func crowding(of artery: Artery) -> Float {
    switch artery {
    case .leftMain: 1
    case .leftAnteriorDescending: 7
    case .leftCircumflex, .right: 1.6
    }
  }

  /// What an artery's share is multiplied by, since none of the left main's is lost in overlaps, and
  /// most of that of the anterior descending artery, whose calcium crowds.
  private static func factor(of artery: Artery) -> Float {
    switch artery {
    case .leftMain: 0.4
    case .leftAnteriorDescending: 1.25
    case .leftCircumflex: 1.1
    case .right: 0.95
    }
  }

  // Plaques until each artery's share of the subject's score is reached.
  private mutating func addPlaques(
    _ disease: PlaqueBurden, rank: Float, _ atlas: BodyAtlas, isPlain: Bool,
    _ random: inout KeyedRandom
  ) {
    for (artery, share) in disease.targets(rank: rank, &random) {
      // What is measured of small plaques scatters upwards, since none is below zero.
      let target =
        min(share, 4000) * mix(0.42, 0.52, smoothStep(0, 60, share)) * Self.factor(of: artery)
      let courses = atlas.courses.filter { $0.artery == artery && $0.sites.count > 1 }
      guard !courses.isEmpty else { continue }
      let trunks = courses.filter(\.isTrunk)
      var rest = target
      let usual = clamped(0.25 * target, 1, 90)
      // Dominance: how far the circumflex and the right artery reach differs from heart to heart.
      let reach =
        switch artery {
        case .leftCircumflex: random.uniform(0.35, 1)
        case .right: random.uniform(0.55, 1)
        default: Float(1)
        }
      for attempt in 0..<60 where rest > 0.12 * target || attempt == 0 {
        let wanted = min(rest, max(0.6, usual * expf(1.1 * random.normal(limit: 2))))
        // Of the branches, too, those near the aorta have most of it.
        let (a, b) = (random.element(of: courses), random.element(of: courses))
        let course =
          random.chance(0.86) && !trunks.isEmpty
          ? random.element(of: trunks)
          : a.distances[0] < b.distances[0] ? a : b
        guard let path = CalciumPath(course) else { continue }
        // Most plaques lie in the proximal third of a trunk, those of the anterior descending artery
        // within some cm of the left main.
        let u = random.unit()
        let place = course.isTrunk ? powf(u, Self.crowding(of: artery)) * reach : u
        let plaque = BodyPlaque(kind: .coronary(artery), path: path, unit: unit)
        let form = BodyPlaque.form(scoring: wanted, &random)
        let pieces =
          isPlain
          ? plaque.plain(scoring: wanted, at: place * path.steps, &random)
          : plaque.blobs(
            scoring: wanted, as: form, at: place * path.steps, denser: 0.8 + 0.4 * rank, &random)
        plaques.append(pieces)
        rest -= wanted
      }
    }
  }
}
