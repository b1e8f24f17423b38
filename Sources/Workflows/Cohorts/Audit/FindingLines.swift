// SPDX-License-Identifier: Apache-2.0
import COCA
import Text

/// Findings of many subjects as lines for a terminal, where JSON has every one.
///
/// Subjects that share a finding, such as another increment, share a line, and no kind of finding
/// fills the terminal.
struct FindingLines {
  /// The largest number of subjects that have a line each for the same finding.
  private static let listed = 10
  /// The number of subjects that are named where more share a line.
  private static let named = 20
  /// The largest number of lines for findings of one kind.
  private static let shown = 20

  /// The findings in the order in which they first occurred.
  private var findings: [SubjectAudit.Finding] = []
  private var subjects: [SubjectAudit.Finding: [String]] = [:]

  /// Adds a finding of a subject.
  mutating func add(_ finding: SubjectAudit.Finding, of subject: String) {
    if subjects[finding] == nil { findings.append(finding) }
    subjects[finding, default: []].append(subject)
  }

  /// The lines; `full` names the option that lists all findings.
  func lines(full: String) -> [String] {
    var lines: [String] = []
    var shown: [FindingCode: Int] = [:]
    var passedOver: [FindingCode: Int] = [:]
    for finding in findings {
      let sentence = "\(finding.code.rawValue): \(finding.detail)"
      for line in Self.lines(sentence, subjects[finding] ?? []) {
        if shown[finding.code, default: 0] < Self.shown {
          lines.append(line)
          shown[finding.code, default: 0] += 1
        } else {
          passedOver[finding.code, default: 0] += 1
        }
      }
    }
    for code in FindingCode.allCases {
      guard let count = passedOver[code] else { continue }
      lines.append("… and \(counted(count, "more line")) of \(code.rawValue) (\(full))")
    }
    return lines
  }

  /// A line for each subject with a finding, or one for all of them.
  private static func lines(_ sentence: String, _ ids: [String]) -> [String] {
    guard ids.count > listed else { return ids.map { "\($0)  \(sentence)" } }
    let names = shortList(ids, limit: named)
    return ["\(counted(ids.count, "subject"))  \(sentence) (\(names))"]
  }
}
