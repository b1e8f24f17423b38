// SPDX-License-Identifier: Apache-2.0
public import Agatston

/// Which total a subject counts with where the stated one is not the sum of its vessels.
public enum DisagreeingTotal: String, CaseIterable, Sendable {
  /// None: such a subject has no reference.
  case omit
  /// The one that the file states.
  case file
  /// The sum of the vessels.
  case sum
}

/// What a scores file says of one subject, with what is odd about it.
public struct ScoredSubject: Sendable {
  /// What the subject is called: by its study's folder, else by its number, else "row 17".
  ///
  /// A name that is neither a folder's nor a short number stays out of every output: it could be a
  /// patient's.
  public let id: String
  /// The subject's row; `nil` where none or several rows are its own.
  public let row: ScoresFile.Row?
  /// Whether there is a study of the subject.
  public let hasStudy: Bool
  /// Whether the file names it: not for a study without a row, or a number that the run lacks.
  public let isListed: Bool
  /// What is odd, by rules that know no subject.
  public let findings: [SubjectAudit.Finding]

  /// The reference scores, or `nil` where the row does not give them.
  public func given(_ choice: DisagreeingTotal) -> GivenScore? {
    guard let row else { return nil }
    let total: Double?
    switch choice {
    case .omit: total = row.sum == nil || row.disagrees ? nil : row.total
    case .file: total = row.total
    case .sum: total = row.disagrees || row.total == nil ? row.sum : row.total
    }
    guard let total, total >= 0 else { return nil }
    return GivenScore(agatston: total, arteries: row.sum == nil ? [:] : row.vessels)
  }
}

/// Scores that a file gives, without a volume.
public struct GivenScore: Hashable, Sendable {
  /// The Agatston score.
  public let agatston: Double
  /// The Agatston scores of the arteries; empty unless all four are known.
  public let arteries: [Artery: Double]

  /// The risk class of the Erasmus study.
  public var riskClass: FiveClassRisk { FiveClassRisk(agatston: agatston) ?? .veryLow }
}
