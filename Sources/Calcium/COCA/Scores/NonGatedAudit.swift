// SPDX-License-Identifier: Apache-2.0

extension SubjectAudit {
  /// The audit of a non-gated subject: its scan, if there is one, and what the scores say of it.
  ///
  /// A subject can be used if the scores give a reference and, unless they alone are at hand, there
  /// is a scan that makes a volume.
  public init(_ scored: ScoredSubject, scan: SubjectAudit?, needsScan: Bool) {
    self =
      scan
      ?? SubjectAudit(
        id: scored.id, annotation: false, series: nil, rois: .init(), anomalies: [], notes: [],
        reference: nil, usable: !needsScan)
    let given = scored.given(.omit)
    anomalies += scored.findings
    reference = given.map { Reference($0) }
    usable = usable && given != nil
  }
}

extension ReferenceTable {
  /// The row of a subject whose scores a table gives: it has no volume, and without a reference
  /// score its cells are empty.
  public static func row(_ subject: ScoredSubject, _ given: GivenScore?) -> [String] {
    let notes = subject.findings.map { "\($0.code.rawValue): \($0.detail)" }
    guard let given else { return row(id: subject.id, unreadable: notes.joined(separator: "; ")) }
    return row(
      id: subject.id, agatston: given.agatston, arteries: given.arteries, given.riskClass,
      notes: notes)
  }
}
