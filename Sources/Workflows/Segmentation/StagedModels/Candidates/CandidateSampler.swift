// SPDX-License-Identifier: Apache-2.0
import Random
import Stages

/// Draws candidates of a pool by class, each a little changed.
struct CandidateSampler: Sendable {
  /// The share of some classes among the samples; each of their groups is as likely as the others.
  private struct Quota: Sendable {
    let share: Double
    let groups: [[CandidatePool.Entry]]
  }

  private let pool: CandidatePool
  private let seed: UInt64
  private let quotas: [Quota]

  /// The area below which a lesion is small, in mm²; half of the arteries' samples are.
  static let smallArea: Float = 5
  /// The shares of samples: the arteries, and what must be told from them, by class.
  ///
  /// They are those of the specification: hard negatives are nearly a third, root and valves a fifth.
  private static let shares: [(share: Double, classes: [String])] = [
    (0.3, ["other", "noise"]), (0.2, ["aorta", "valve"]), (0.1, ["bone", "airway"]),
  ]
  private static let arteryShare = 0.4

  /// A sampler of a pool; other seeds draw in another order.
  ///
  /// - Throws: `StagesError` where the pool is empty.
  init(_ pool: CandidatePool, seed: UInt64) throws {
    guard !pool.entries.isEmpty else {
      throw StagesError(.input, subject: "pool", detail: "it holds no candidate")
    }
    self.pool = pool
    self.seed = seed
    let arteries = StagedModel.arteries.flatMap { name in
      let all = pool.entries.filter { pool.design.classes[$0.label] == name }
      return [all.filter { $0.area < Self.smallArea }, all.filter { $0.area >= Self.smallArea }]
    }
    let others = Self.shares.map { share, classes in
      (share, classes.map { name in pool.entries.filter { pool.design.classes[$0.label] == name } })
    }
    quotas = ([(Self.arteryShare, arteries)] + others).compactMap { share, groups in
      let groups = groups.filter { !$0.isEmpty }
      return groups.isEmpty ? nil : Quota(share: share, groups: groups)
    }
  }

  /// The sample of a number: a pure function of it.
  func sample(_ number: Int) -> ClassifierSample {
    var random = SplitMix64(
      seed: SplitMix64.mixed(seed &+ SplitMix64.increment) ^ SplitMix64.mixed(UInt64(number)))
    var place = Double.random(in: 0..<quotas.reduce(0) { $0 + $1.share }, using: &random)
    var quota = quotas[0]
    for next in quotas {
      quota = next
      place -= next.share
      if place < 0 { break }
    }
    let group = quota.groups[Int.random(in: 0..<quota.groups.count, using: &random)]
    let entry = group[Int.random(in: 0..<group.count, using: &random)]
    let record = pool.record(entry)
    var change = CandidateChange(&random)
    var sample = change.apply(to: record.sample, pool.design)
    // What changes the score most matters most, but no sample rules a step.
    sample.weight = min(max((record.points / 4).squareRoot(), 0.5), 4)
    return sample
  }
}
