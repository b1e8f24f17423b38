// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Prognosis
import Review
import ReviewStore
import Scoring
import Studies
import Volume
import Workflow

/// One case with the readings of it that are open.
actor CaseDesk {
  private struct Key: Hashable {
    let user: String
    let isAdjudication: Bool
  }

  let preparation: CasePreparation
  private let store: ReviewStore
  private let isBlind: Bool
  private var open: [Key: LiveReading] = [:]

  init(_ preparation: CasePreparation, _ store: ReviewStore, isBlind: Bool) {
    self.preparation = preparation
    self.store = store
    self.isBlind = isBlind
  }

  /// The whole reading of an account, begun where there is none.
  func reading(of account: Account, isAdjudication: Bool) async throws -> ReadingMessage {
    let prepared = try await preparation.value
    var live = try load(prepared, account, isAdjudication)
    var message = try live.take(live.state, whole: true)
    message.prior = prior(prepared, live, account)
    open[Key(user: account.name, isAdjudication: isAdjudication)] = live
    return message
  }

  /// Takes an action of an account, keeps it, and says what changed.
  ///
  /// - Throws: `StoreError.stale` where the page had not seen the newest state.
  func act(
    _ message: ActionMessage, by account: Account, isAdjudication: Bool
  ) async throws -> ReadingMessage {
    let prepared = try await preparation.value
    let key = Key(user: account.name, isAdjudication: isAdjudication)
    var live = try open[key] ?? load(prepared, account, isAdjudication)
    guard live.state.version == message.version else {
      open[key] = nil
      throw StoreError(
        .stale,
        "the reading was changed elsewhere, for example in another tab, so this change was not saved; the page "
          + "now shows the newest")
    }
    if case .propose = message.action {
      throw ReviewError(.nothing, "the program alone lays out proposals")
    }
    let entry = ReviewEntry(
      message.action, time: Self.now, user: account.name, reason: message.reason)
    var state = live.state
    try state.apply(entry, groups: prepared.subject.groups) { try store.proposal($0) }
    do {
      try store.append(
        entry, changes: ReviewChange.between(live.state, state), to: live.reading,
        after: message.version, model: state.sources.last)
    } catch {
      // Another program may have written; the next request reads the store again.
      open[key] = nil
      throw error
    }
    var answer = try live.take(state, whole: false)
    answer.prior = prior(prepared, live, account)
    open[key] = live
    return answer
  }

  /// The comparison with the earlier scan, where the account may see it.
  private func prior(
    _ prepared: PreparedCase, _ live: LiveReading, _ account: Account
  ) -> PriorMessage? {
    guard let prior = prepared.prior, let score = live.score,
      !isBlind || account.role != .reader || live.state.isSigned
    else { return nil }
    return PriorMessage(prior.comparison(with: score))
  }

  /// The comparison with the earlier scan with pictures; `nil` where there is none to be seen.
  func comparison(for account: Account, isAdjudication: Bool) async throws -> StudyComparison? {
    let prepared = try await preparation.value
    let state = try load(prepared, account, isAdjudication).state
    guard let prior = prepared.prior, !isBlind || account.role != .reader || state.isSigned else {
      return nil
    }
    let (mask, labels) = prepared.subject.mask(of: state)
    let scored = try prepared.subject.scoring.scored(mask, labels: labels)
    return prior.comparison(with: scored.score, of: scored)
  }

  /// The state of an account's reading, for its files.
  func state(of account: Account, isAdjudication: Bool) async throws -> (ReviewCase, ReviewState) {
    let prepared = try await preparation.value
    return (prepared.subject, try load(prepared, account, isAdjudication).state)
  }

  /// The store's number of an account's reading.
  func storedReading(of account: Account, isAdjudication: Bool) async throws -> StoredReading {
    try load(await preparation.value, account, isAdjudication).reading
  }

  /// The readings of others and the reference, where the account may see them.
  func overlays(for account: Account) async throws -> OverlayMessage {
    let prepared = try await preparation.value
    let isAllowed = try maySee(prepared, account)
    var layers: [OverlayMessage.Layer] = []
    if let reference = prepared.reference, isAllowed {
      layers.append(
        .init(
          name: "reference",
          lesions: reference.parts.map { .init(label: $0.label, runs: $0.voxels) },
          agatston: nil))
    }
    if let proposal = prepared.proposal, isAllowed {
      layers.append(
        .init(
          name: proposal.origin == .model ? "model" : "mask",
          lesions: proposal.parts.map { .init(label: $0.label, runs: $0.voxels) }, agatston: nil))
    }
    for reading in try store.readings(of: prepared.subject.name)
    where isAllowed && reading.user != account.name {
      let state = try store.state(of: reading.id, groups: prepared.subject.groups)
      guard state.isSigned else { continue }
      layers.append(
        .init(
          name: reading.user + (reading.isAdjudication ? " (adjudicated)" : ""),
          lesions: state.lesions.values.sorted { $0.id < $1.id }.map {
            .init(label: $0.label, runs: $0.voxels)
          }, agatston: try prepared.subject.score(state).score.agatston))
    }
    return OverlayMessage(layers: layers)
  }

  /// The map of an explanation, where there is one and the account may see it.
  func explanation(for account: Account) async throws -> Volume<Int16>? {
    let prepared = try await preparation.value
    return try maySee(prepared, account) ? prepared.explanation : nil
  }

  /// Whether an account may see what others found: with blinded readings after its own signature.
  private func maySee(_ prepared: PreparedCase, _ account: Account) throws -> Bool {
    guard isBlind, account.role == .reader else { return true }
    return try load(prepared, account, false).state.isSigned
  }

  private static var now: String {
    Date.now.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true)) + "Z"
  }

  /// Replays a reading from the store, and lays out what is proposed and not yet in it.
  private func load(
    _ prepared: PreparedCase, _ account: Account, _ isAdjudication: Bool
  ) throws -> LiveReading {
    let key = Key(user: account.name, isAdjudication: isAdjudication)
    let subject = prepared.subject
    if let live = open[key], try store.version(of: live.reading.id) == live.state.version {
      return live
    }
    let reading = try store.reading(
      study: subject.name, digest: subject.digest, series: subject.scan.seriesUID,
      user: account.name, isAdjudication: isAdjudication)
    var state = try store.state(of: reading.id, groups: subject.groups)
    var laid = try proposals(in: reading)
    let wanted =
      isAdjudication
      ? try comparison(subject)
      : isBlind ? nil : prepared.proposal
    if let wanted, !state.isSigned, !(isAdjudication && !laid.isEmpty) {
      let sha = try store.keep(wanted)
      if try !store.entries(of: reading.id).contains(where: { $0.action == .propose(proposal: sha) }
      ) {
        let entry = ReviewEntry(
          .propose(proposal: sha), time: Self.now, user: account.name)
        let before = state
        try state.apply(entry, groups: subject.groups) { _ in wanted }
        try store.append(
          entry, changes: ReviewChange.between(before, state), to: reading, after: before.version,
          model: state.sources.last)
        laid.append(wanted)
      }
    }
    let live = try LiveReading(subject, reading, state, proposals: laid)
    open[key] = live
    return live
  }

  private func proposals(in reading: StoredReading) throws -> [Proposal] {
    try store.entries(of: reading.id).compactMap {
      if case .propose(let sha) = $0.action { try store.proposal(sha) } else { nil }
    }
  }

  /// What the first two signed readings say, for an adjudication.
  private func comparison(_ subject: ReviewCase) throws -> Proposal {
    let signed = try store.readings(of: subject.name).filter { !$0.isAdjudication }.compactMap {
      reading -> (String, ReviewState)? in
      let state = try store.state(of: reading.id, groups: subject.groups)
      return state.isSigned ? (reading.user, state) : nil
    }
    guard signed.count >= 2 else {
      throw WorkflowError(
        .missing, "there are not yet two signed readings of this study to decide between")
    }
    return Proposal(
      comparing: signed[0].1, signed[1].1, names: (signed[0].0, signed[1].0),
      rows: subject.groups.extent.rows)
  }
}
