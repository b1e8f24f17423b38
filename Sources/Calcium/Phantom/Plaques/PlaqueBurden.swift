// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation

/// How much calcium a subject has, and where: drawn to resemble the COCA cohort.
///
/// The targets are the percentiles 5/25/50/75/95 of the Agatston score of its 444 annotated
/// subjects (1.7, 26.7, 109.6, 446, 1872), the share of subjects with calcium in each artery (LAD
/// 0.89, RCA 0.59, LCX 0.56, LM 0.34) and the arteries' shares of all points (43, 36, 16, 4 %).
struct PlaqueBurden: Sendable {
  /// Where the subject stands in the cohort of those with calcium, 0 … 1; `nil` without calcium.
  let rank: Float?

  /// The share of subjects without coronary calcium.
  static let healthyShare: Float = 0.37

  init(_ random: inout KeyedRandom, ranks: ClosedRange<Double>) {
    let healthy = random.chance(Self.healthyShare)
    let rank = mix(Float(ranks.lowerBound), Float(ranks.upperBound), random.unit())
    self.rank = healthy ? nil : rank
  }

  /// The Agatston score at a rank of the cohort: log-linear between the percentiles.
  static func score(atRank rank: Float) -> Float {
    let knots: [(Float, Float)] = [
      (0, 1.2), (0.05, 1.9), (0.25, 26.7), (0.5, 109.6), (0.75, 446), (0.95, 1872), (1, 4800),
    ]
    for (a, b) in zip(knots, knots.dropFirst()) where rank <= b.0 {
      return expf(mix(logf(a.1), logf(b.1), (rank - a.0) / (b.0 - a.0)))
    }
    return 4800
  }

  /// The target score of each artery.
  func targets(rank: Float, _ random: inout KeyedRandom) -> [(Artery, Float)] {
    // In crowded vessels plaques merge and lose points; the most severe ask for more.
    let total = Self.score(atRank: rank) * (1 + 0.45 * smoothStep(0.8, 1, rank))
    let chances: [(Artery, Float, Float)] = [
      (.leftMain, 0.04 + 0.64 * rank, 0.36), (.leftAnteriorDescending, 0.74 + 0.3 * rank, 1),
      (.leftCircumflex, 0.08 + 0.95 * rank, 0.33), (.right, 0.12 + 0.95 * rank, 0.92),
    ]
    var weights: [(Artery, Float)] = []
    for (artery, chance, weight) in chances {
      let present = random.chance(chance)
      let share = weight * expf(0.6 * random.normal())
      if present { weights.append((artery, share)) }
    }
    if weights.isEmpty { weights = [(.leftAnteriorDescending, 1)] }
    let sum = weights.reduce(0) { $0 + $1.1 }
    return weights.map { ($0.0, total * $0.1 / sum) }
  }

  /// The plaques of a subject.
  func plaques(
    in tree: CoronaryTree, noise: SmoothNoise, _ random: inout KeyedRandom
  ) -> [Plaque] {
    guard let rank else { return [] }
    var result: [Plaque] = []
    for (artery, target) in targets(rank: rank, &random) {
      var rest = target
      var taken: [(branch: Int, range: ClosedRange<Float>)] = []
      // A handful of plaques share an artery's score; severe disease has larger ones.
      let usual = clamped(0.3 * target, 1.2, 70)
      for _ in 0..<28 where rest > 0.12 * target || (rest > 0.6 && taken.isEmpty) {
        let wanted = min(rest, max(0.8, usual * expf(0.9 * random.normal(limit: 2))))
        guard
          let plaque = plaque(
            of: artery, scoring: wanted, rank: rank, in: tree, taken: &taken, noise, &random)
        else { continue }
        result.append(plaque.0)
        rest -= plaque.1
      }
    }
    return result
  }

  // Position along the artery, as a fraction of its length: Kumaraswamy's distribution, which puts
  // most plaques into the proximal third.
  private func position(on artery: Artery, main: Bool, _ random: inout KeyedRandom) -> Float {
    let (a, b): (Float, Float) =
      switch artery {
      case .leftMain: (1.2, 1.1)
      case .leftAnteriorDescending: (1.15, 6.6)
      case .leftCircumflex: (1.15, 5)
      case .right: (1.05, 5)
      }
    let x = powf(1 - powf(1 - random.unit(), 1 / b), 1 / a)
    return main ? x : 0.1 + 0.6 * x
  }

  private func plaque(
    of artery: Artery, scoring wanted: Float, rank: Float, in tree: CoronaryTree,
    taken: inout [(branch: Int, range: ClosedRange<Float>)], _ noise: SmoothNoise,
    _ random: inout KeyedRandom
  ) -> (Plaque, Float)? {
    let choices = tree.branches.indices.filter { tree.branches[$0].artery == artery }
    let side = choices.count > 1 && random.chance(0.1)
    let index = side ? choices[1] : choices[0]
    let branch = tree.branches[index]
    let total = branch.tube.arcLength
    let attenuation = clamped(
      560 * expf(0.4 * random.normal()) * (0.8 + 0.4 * rank), 260, 1800)
    let flat = random.uniform(0.5, 0.9)
    let elongation = random.uniform(1.3, 3.2)
    let longest = min(0.55 * total, 24)
    // Find the size whose expected score is the wanted one; thickness stops growing at the wall.
    func dimensions(_ size: Float) -> (half: SIMD2<Float>, span: Float) {
      let width = min(size, 2.1)
      let grown = size / width
      return (SIMD2(max(0.3, flat * width), width), min(longest, 2 * elongation * width * grown))
    }
    func expected(_ size: Float) -> Float {
      let d = dimensions(size)
      return ExpectedScore.agatston(half: d.half, span: d.span, attenuation: attenuation)
    }
    var low: Float = 0.3
    var high: Float = 12
    for _ in 0..<22 {
      let middle = (low * high).squareRoot()
      if expected(middle) < wanted { low = middle } else { high = middle }
    }
    let (half, span) = dimensions(high)
    for _ in 0..<14 {
      let s = position(on: artery, main: branch.main, &random) * total
      let arc = clamped(s, min(span / 2 + 1, total / 2), max(total - span / 2, total / 2))
      let range = (arc - span / 2 - 0.4)...(arc + span / 2 + 0.4)
      if taken.contains(where: { $0.branch == index && $0.range.overlaps(range) }) { continue }
      taken.append((index, range))
      let shape = PlaqueShape(
        on: branch.tube, arc: arc, span: span, half: half, angle: random.uniform(0, 2 * .pi),
        twist: 0.06 * random.normal(), noise: noise, roughness: random.uniform(0.15, 0.4),
        phase: Point(random.uniform(0, 31), random.uniform(0, 31), random.uniform(0, 31)))
      return (Plaque(artery: artery, attenuation: attenuation, shape: shape), expected(high))
    }
    return nil
  }
}
