// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
package import Foundation
import NIfTI
import Scoring
import Studies
import Text
import Workflow

/// The files of one reading.
package struct ReviewFiles: Sendable {
  private let subject: ReviewCase
  private let state: ReviewState
  private let reader: String

  /// The files of a reader's state of a case.
  package init(_ subject: ReviewCase, _ state: ReviewState, reader: String) {
    self.subject = subject
    self.state = state
    self.reader = reader
  }

  /// Writes the label map of what counts.
  package func writeMask(to url: URL) throws {
    try NIfTIFile.write(subject.mask(of: state).mask, to: url)
  }

  /// Writes the label map of everything that was named, with the values of `ReviewLabel`.
  package func writeAllLabels(to url: URL) throws {
    try NIfTIFile.write(subject.allLabels(of: state), to: url)
  }

  /// One sentence for run records: who read, and whether it is signed.
  package var remark: String {
    "read by \(reader), \(state.isSigned ? "signed" : "not signed"), "
      + counted(state.version, "action")
  }

  /// The one-page report.
  package func report() throws -> String {
    let score = try subject.score(state)
    let (mask, _) = subject.mask(of: state)
    let beside = try subject.beside(state)
    var facts: [(name: String, text: String)] = []
    if let signature = state.signatures.last, state.isSigned {
      facts.append(
        (
          "Signed",
          "\(signature.name), \(signature.meaning), \(signature.time), version \(signature.version)"
        ))
    } else {
      facts.append(("Signed", "not signed"))
    }
    facts.append(("Reader", reader))
    facts.append(
      (
        "Began with",
        state.sources.isEmpty ? "nothing" : state.sources.joined(separator: "; ")
      ))
    facts.append(("Changed", changes))
    let quality = state.quality.map(\.rawValue).joined(separator: ", ")
    if !quality.isEmpty { facts.append(("Quality", quality)) }
    if !state.note.isEmpty { facts.append(("Note", state.note)) }
    return try ReadingPage.html(
      score, ct: subject.scan.ct, mask: mask,
      beside: ReviewLabel.scoredBeside.compactMap { label in
        beside[label].map { (label.word, $0) }
      }, facts: facts,
      notes: state.isSigned ? [] : ["this reading is not signed and may change"])
  }

  /// What the reader changed of what was proposed, in words.
  private var changes: String {
    let lesions = state.lesions.values
    let proposed = lesions.filter { $0.origin != .reader }
    let struck = proposed.count { $0.label == nil && $0.proposed != nil }
    let named = proposed.count { $0.label != nil && $0.label != $0.proposed }
    let added = lesions.count { $0.origin == .reader }
    return "\(counted(added, "lesion")) added, \(counted(named, "label")) changed, "
      + "\(counted(struck, "lesion")) struck out of \(proposed.count) proposed"
  }
}
