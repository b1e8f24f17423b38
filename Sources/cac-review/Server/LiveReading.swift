// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Review
import ReviewStore

/// A reading with what the page was last told of it.
struct LiveReading: Sendable {
  let subject: ReviewCase
  let reading: StoredReading
  private(set) var state: ReviewState
  /// The score of what was proposed; `nil` where nothing was.
  private var proposed: CalciumScore?
  /// The score of the state that the page was last told.
  private(set) var score: StudyScore?
  private var facts: [VoxelSet: LesionFacts] = [:]

  init(
    _ subject: ReviewCase, _ reading: StoredReading, _ state: ReviewState, proposals: [Proposal]
  ) throws {
    self.subject = subject
    self.reading = reading
    self.state = state
    guard !proposals.isEmpty else { return }
    var first = ReviewState()
    for (index, proposal) in proposals.enumerated() {
      try first.apply(
        ReviewEntry(.propose(proposal: "\(index)"), time: "", user: ""), groups: subject.groups
      ) { _ in proposal }
    }
    proposed = try subject.score(first).score
  }

  /// Takes a new state; returns what changed, or all of it.
  mutating func take(_ new: ReviewState, whole: Bool) throws -> ReadingMessage {
    let old = state
    let changed = new.lesions.values.filter { lesion in
      whole || old.lesions[lesion.id] != lesion || old.isSeen(lesion.id) != new.isSeen(lesion.id)
    }
    let messages = try changed.sorted { $0.id < $1.id }.map { try message($0, in: new) }
    let study = try subject.score(new)
    let score = study.score
    self.score = study
    let beside = try subject.beside(new)
    let removed = whole ? [] : old.lesions.keys.filter { new.lesions[$0] == nil }.sorted()
    state = new
    let category = score.category
    return ReadingMessage(
      version: new.version, isWhole: whole, lesions: messages, removed: removed,
      parts: Artery.allCases.map { artery in
        let part = score.arteries?[artery]
        return ScorePart(
          name: artery.abbreviation, agatston: part?.agatston ?? 0, volume: part?.volume ?? 0,
          lesions: part?.lesions ?? 0,
          proposed: proposed.map { $0.arteries?[artery]?.agatston ?? 0 })
      },
      total: ScorePart(
        name: "Total", agatston: score.agatston, volume: score.volume,
        lesions: score.lesions.count, proposed: proposed?.agatston),
      beside: ReviewLabel.scoredBeside.compactMap { label in
        beside[label].map {
          ScorePart(
            name: label.word, agatston: $0.agatston, volume: $0.volume, lesions: $0.lesions.count,
            proposed: nil)
        }
      },
      category:
        "\(category.standard.rawValue.replacing("-", with: "–")), CAC-DRS \(category.cacDRS.code)",
      canUndo: new.canUndo, canRedo: new.canRedo, unseen: new.unseen.count, isSigned: new.isSigned,
      signatures: new.signatures, quality: new.quality, note: new.note, sources: new.sources,
      doubts: new.doubts)
  }

  private mutating func message(_ lesion: ReviewLesion, in state: ReviewState) throws
    -> LesionMessage
  {
    let known: LesionFacts
    if let found = facts[lesion.voxels] {
      known = found
    } else {
      known = try subject.facts(lesion.voxels)
      // Undo goes back to sets of voxels that were there before; very many are not kept.
      if facts.count > 5000 { facts = [:] }
      facts[lesion.voxels] = known
    }
    return LesionMessage(
      id: lesion.id, label: lesion.label, origin: lesion.origin, proposed: lesion.proposed,
      remark: lesion.remark, chance: lesion.chance, uncertainty: lesion.uncertainty,
      locked: lesion.isLocked, seen: state.isSeen(lesion.id), agatston: known.agatston,
      volume: known.volume, peak: known.peak, mean: known.mean,
      slices: [known.slices.lowerBound, known.slices.upperBound], voxel: known.brightest,
      runs: lesion.voxels)
  }
}
