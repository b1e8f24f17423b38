// SPDX-License-Identifier: Apache-2.0
import Review

/// How far a reading is, without its scan.
package struct ReadingSummary: Sendable, Hashable {
  package let study: String
  package let user: String
  package let isAdjudication: Bool
  package let actions: Int
  package let signatures: Int
  /// Whether nothing changed since the last signature.
  package let isSigned: Bool
}

extension ReviewStore {
  /// How far every reading is.
  package func summaries() throws -> [ReadingSummary] {
    try readings().map { reading in
      let actions = try entries(of: reading.id).map(\.action)
      let last = actions.last { $0.changesReading || $0.isSignature }
      return ReadingSummary(
        study: reading.study, user: reading.user, isAdjudication: reading.isAdjudication,
        actions: actions.count, signatures: actions.count(where: \.isSignature),
        isSigned: last?.isSignature ?? false)
    }
  }
}

extension ReviewAction {
  /// Whether it signs.
  fileprivate var isSignature: Bool { if case .sign = self { true } else { false } }
}
