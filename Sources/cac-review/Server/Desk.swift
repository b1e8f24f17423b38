// SPDX-License-Identifier: Apache-2.0
import Foundation
import Random
import Review
import ReviewStore
import Studies
import Workflow

/// All cases of a worklist.
actor Desk {
  private let sources: CaseSources
  let store: ReviewStore
  let isBlind: Bool
  private let seed: UInt64?
  private var desks: [Int: CaseDesk] = [:]
  private var recent: [Int] = []
  /// The scans that stay in memory, the most recently used.
  private static let kept = 6

  init(_ sources: CaseSources, _ store: ReviewStore, isBlind: Bool, seed: UInt64?) {
    self.sources = sources
    self.store = store
    self.isBlind = isBlind
    self.seed = seed
  }

  /// The case of a number, from 1; `nil` where there is none.
  func desk(_ number: Int) -> CaseDesk? {
    guard sources.scans.indices.contains(number - 1) else { return nil }
    recent.removeAll { $0 == number }
    recent.append(number)
    if recent.count > Self.kept { desks[recent.removeFirst()] = nil }
    if let desk = desks[number] { return desk }
    let desk = CaseDesk(
      CasePreparation(sources.scans[number - 1], sources), store, isBlind: isBlind)
    desks[number] = desk
    return desk
  }

  /// The cases in the order of an account: by name, or drawn from the seed and the account's name.
  func worklist(of account: Account) throws -> [WorklistEntry] {
    var numbers = Array(sources.scans.indices)
    if let seed {
      let salt = account.name.utf8.reduce(seed) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
      var generator = SplitMix64(seed: salt)
      numbers.shuffle(using: &generator)
    }
    let summaries = try store.summaries()
    return numbers.map { index in
      let name = sources.scans[index].id
      let own = summaries.first {
        $0.study == name && $0.user == account.name && !$0.isAdjudication
      }
      let signed = summaries.filter { $0.study == name && $0.isSigned && !$0.isAdjudication }
      return WorklistEntry(
        number: index + 1, study: name,
        state: own.map { $0.isSigned ? "signed" : "begun" } ?? "new", actions: own?.actions ?? 0,
        signatures: own?.signatures ?? 0, signedReadings: signed.count)
    }
  }
}
