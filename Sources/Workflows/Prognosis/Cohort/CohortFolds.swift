// SPDX-License-Identifier: Apache-2.0
import Random

/// The parts of a cross-validation: subjects that belong together stay together.
struct CohortFolds: Sendable {
  /// The part that each subject is in, from 0.
  let parts: [Int]
  /// The number of parts.
  let count: Int

  /// Parts of about equal size, which the seed draws.
  ///
  /// - Parameters:
  ///   - groups: what keeps subjects together, a number for each of them.
  ///   - count: the number of parts.
  ///   - seed: the seed.
  init(_ groups: [Int], count: Int, seed: UInt64) {
    var numbers = Array(Set(groups)).sorted()
    var random = SplitMix64(seed: seed)
    numbers.shuffle(using: &random)
    var part: [Int: Int] = [:]
    for (place, group) in numbers.enumerated() { part[group] = place % count }
    parts = groups.map { part[$0] ?? 0 }
    self.count = count
  }

  /// The parts of a table by a request.
  init(_ table: CohortTable, _ request: CohortRequest) {
    self.init(
      table.clusters ?? Array(0..<table.count), count: request.folds, seed: request.seed)
  }
}
