// SPDX-License-Identifier: Apache-2.0
package import Agatston
package import Images
package import Risk
import Scoring

/// How the calcium of a patient changed from one scan to the next.
package struct StudyComparison: Sendable {
  /// The earlier score.
  package let prior: StudyScore
  /// The later score.
  package let current: StudyScore
  /// The change in all.
  package let total: Progression
  /// The change by artery, in their order; empty where one of the scores has none.
  package let arteries: [(artery: Artery, change: Progression)]
  /// The body mass index that the limits were computed with.
  package let bodyMassIndex: Double?
  /// What differs between the scans, or is to be known of them, one sentence each.
  package let notes: [String]
  /// What became of the lesions; `nil` where they could not be followed.
  package var lesions: LesionChanges? { followed.changes }
  /// Where the earlier scan lies in the later one; `nil` where only results were given.
  package var motion: RigidMotion? { followed.motion }
  /// How far the lesions of two results lie apart; `nil` where scans were registered.
  package var shift: LesionShift? { followed.shift }
  private let followed: FollowedLesions
  /// The scans with their masks, for pictures; `nil` where only results were given.
  let scans: (prior: ScoredScan, current: ScoredScan)?

  /// The limits that the change is held against.
  package var limits: [Progression.Limit] { total.limits(bodyMassIndex: bodyMassIndex) }

  /// A comparison of two scores.
  init(
    prior: StudyScore, current: StudyScore, years: Double?, bodyMassIndex: Double?,
    notes: [String], followed: FollowedLesions,
    scans: (prior: ScoredScan, current: ScoredScan)?
  ) {
    self.prior = prior
    self.current = current
    self.bodyMassIndex = bodyMassIndex
    self.notes = notes
    self.followed = followed
    self.scans = scans
    // Volumes that were counted by different methods are no change.
    let hasVolumes = prior.score.volumeMethod == current.score.volumeMethod
    func progression(
      _ a: (agatston: Double, volume: Double), _ b: (agatston: Double, volume: Double)
    ) -> Progression {
      Progression(
        baseline: .init(agatston: a.agatston, volume: hasVolumes ? a.volume : nil),
        followUp: .init(agatston: b.agatston, volume: hasVolumes ? b.volume : nil), years: years)
    }
    total = progression(
      (prior.score.agatston, prior.score.volume), (current.score.agatston, current.score.volume))
    arteries = Artery.allCases.compactMap { artery in
      guard let a = prior.score.arteries?[artery], let b = current.score.arteries?[artery] else {
        return nil
      }
      return (artery, progression((a.agatston, a.volume), (b.agatston, b.volume)))
    }
  }
}
