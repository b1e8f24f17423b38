// SPDX-License-Identifier: Apache-2.0
import Agatston

/// The table of reference scores, one row per subject.
public enum ReferenceTable {
  /// The columns.
  public static let header = [
    "id", "agatston", "volume_mm3", "LM", "LAD", "LCX", "RCA", "class", "note",
  ]

  /// The row of a subject; the arteries' columns hold Agatston scores, an artery without calcium 0.
  ///
  /// Numbers are rounded to four decimals, notes are joined by semicolons.
  public static func row(id: String, _ score: ReferenceScore, notes: [String] = []) -> [String] {
    let arteries = Artery.allCases.map { number(score.arteries[$0]?.agatston ?? 0) }
    return [id, number(score.total.agatston), number(score.total.volume)] + arteries
      + [score.riskClass.rawValue, (score.notes + notes).joined(separator: "; ")]
  }

  /// The row of a subject without a volume; arteries that are not known are empty.
  static func row(
    id: String, agatston: Double, arteries: [Artery: Double], _ riskClass: SeedClass,
    notes: [String]
  ) -> [String] {
    [id, number(agatston), ""] + Artery.allCases.map { arteries[$0].map(number) ?? "" }
      + [riskClass.rawValue, notes.joined(separator: "; ")]
  }

  /// The row of a subject whose annotation cannot be read: empty values and the reason.
  public static func row(id: String, unreadable reason: String) -> [String] {
    [id] + Array(repeating: "", count: 7) + [reason]
  }

  private static func number(_ value: Double) -> String { "\(rounded(value))" }
}

/// A value to four decimals, which is finer than any score means anything.
func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
