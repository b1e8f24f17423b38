// SPDX-License-Identifier: Apache-2.0

extension SubjectAudit {
  /// The audit of a non-gated subject: its scan, if there is one, and what the scores say of it.
  ///
  /// Where only the scores are at hand, a subject can be used if they give a reference; else it
  /// needs a scan that makes a volume, too.
  public init(_ scored: ScoredSubject, scan: SubjectAudit?, total: DisagreeingTotal = .omit) {
    self =
      scan
      ?? SubjectAudit(
        id: scored.id, annotation: false, series: nil, rois: .init(), anomalies: [], notes: [],
        reference: nil, usable: !scored.findings.contains { $0.code == .scoreWithoutStudy })
    let given = scored.given(total)
    anomalies += scored.findings
    reference = given.map { Reference($0) }
    usable = usable && given != nil
  }
}

extension ReferenceTable {
  /// The row of a subject whose scores a table gives: it has no volume, and without a reference
  /// score its cells are empty.
  public static func row(_ subject: ScoredSubject, _ given: GivenScore?) -> String {
    let notes = subject.findings.map { "\($0.code.rawValue): \($0.detail)" }
    guard let given else { return row(id: subject.id, unreadable: notes.joined(separator: "; ")) }
    return row(
      id: subject.id, agatston: given.agatston, arteries: given.arteries, given.riskClass,
      notes: notes)
  }
}
