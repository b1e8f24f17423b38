// SPDX-License-Identifier: Apache-2.0
import Text

extension ScoresFile {
  /// The key by which a row and a study's folder find each other: a number without the letter that
  /// may follow it and without zeros before it ("12A", "12" and "012" are one), else the name.
  public static func key(_ name: String) -> String {
    guard let number = number(name) else { return name }
    return "\(number)"
  }

  /// The number that a name is, with at most one letter behind it.
  static func number(_ name: String) -> Int? {
    var digits = name[...]
    if let last = digits.last, last.isASCII, last.isLetter { digits.removeLast() }
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return Int(digits)
  }

  /// From five digits on, an id may be a patient's number.
  private static let hiddenIDs = 10_000

  /// Every subject that has a row, a study, or a number that the run of numbers lacks, in their order.
  ///
  /// `studies` are the names of the studies' folders, or `nil` where they are not at hand: then
  /// nothing is said of them.
  ///
  /// A row whose id cannot be shown gives no reference: nothing could be paired with it.
  public func subjects(studies: [String]?) -> [ScoredSubject] {
    let folders = Dictionary(
      (studies ?? []).map { (Self.key($0), $0) }, uniquingKeysWith: { first, _ in first })
    let named = Dictionary(grouping: rows.filter { !$0.name.isEmpty }) { Self.key($0.name) }
    // A distance to a hidden id would tell it.
    let run = NumberRun(rows.compactMap { Self.number($0.name) }.filter { $0 < Self.hiddenIDs })
    func shown(_ key: String) -> String? {
      folders[key] ?? Self.number(key).flatMap { $0 < Self.hiddenIDs ? key : nil }
    }
    var subjects: [ScoredSubject] = []
    for (key, rows) in named {
      var findings: [SubjectAudit.Finding] = rows.flatMap {
        Self.oddities(of: $0, isStudy: folders[key] != nil)
      }
      if rows.count > 1 {
        findings.append(
          .init(
            code: .duplicateID,
            detail:
              "the rows \(rows.map { "\($0.number)" }.joined(separator: " and ")) have one id; "
              + "none of them is used"))
      }
      if let number = Self.number(key), let distance = run.strays[number] {
        findings.append(
          .init(
            code: .strayID,
            detail: "the id stands alone, \(distance) away from the next one"))
      }
      if studies != nil, folders[key] == nil, Self.number(key) != nil {
        findings.append(
          .init(code: .scoreWithoutStudy, detail: "there are scores, but no study of this id"))
      }
      subjects.append(
        ScoredSubject(
          id: shown(key) ?? "row \(rows[0].number)",
          row: rows.count == 1 && shown(key) != nil ? rows[0] : nil,
          hasStudy: folders[key] != nil, isListed: true, findings: findings))
    }
    for row in rows where row.name.isEmpty {
      subjects.append(
        ScoredSubject(
          id: "row \(row.number)", row: nil, hasStudy: false, isListed: true,
          findings: Self.oddities(of: row, isStudy: false)))
    }
    let missing = Set(run.missing.map { "\($0)" })
    for key in missing.union(folders.keys).subtracting(named.keys) {
      var findings: [SubjectAudit.Finding] = []
      if missing.contains(key) {
        findings.append(
          .init(code: .missingID, detail: "the ids run past this one, but no row has it"))
      }
      if folders[key] != nil {
        findings.append(
          .init(code: .studyWithoutScore, detail: "there is a study, but no scores of this id"))
      }
      subjects.append(
        ScoredSubject(
          id: folders[key] ?? key, row: nil, hasStudy: folders[key] != nil, isListed: false,
          findings: findings))
    }
    return subjects.sorted { COCATree.precedes($0.id, $1.id) }
  }

  /// A score with at most four decimals, whole ones without any.
  private static func text(_ value: Double) -> String {
    shortDecimal(value, decimals: 4)
  }

  private static func oddities(of row: Row, isStudy: Bool) -> [SubjectAudit.Finding] {
    var findings = row.cellFindings
    if row.name.isEmpty {
      findings.append(.init(code: .oddID, detail: "row \(row.number) has scores, but no id"))
    } else if !isStudy, let number = number(row.name), number >= hiddenIDs {
      findings.append(
        .init(
          code: .oddID,
          detail: "the id of row \(row.number) is as long as a patient's number, and no study "
            + "bears it"))
    } else if !isStudy, number(row.name) == nil {
      findings.append(
        .init(
          code: .oddID,
          detail: "the id of row \(row.number) is no number with a letter, like 12A, and no study "
            + "bears it"))
    }
    if row.disagrees, let total = row.total, let sum = row.sum {
      findings.append(
        .init(
          code: .totalMismatch,
          detail: "the total is \(text(total)), the vessels sum up to \(text(sum))"))
    }
    if row.total == 0, let most = row.vessels.values.max(), most > 0 {
      findings.append(
        .init(
          code: .zeroTotal,
          detail: "the total is 0, though a vessel has a score of \(text(most))"))
    }
    return findings
  }
}
