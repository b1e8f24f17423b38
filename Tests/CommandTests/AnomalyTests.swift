// SPDX-License-Identifier: Apache-2.0
import COCA
import CommandSupport
import Files
import Foundation
import TestSupport
import Testing

@Suite struct `A cohort with every anomaly` {
  private struct Expected {
    var codes: Set<String> = []
    var notes: Set<String> = []
  }

  /// The list that the phantom wrote, by subject.
  private func expected(in cohort: URL) throws -> [String: Expected] {
    let text = try String(contentsOf: cohort.at("anomalies.csv"), encoding: .utf8)
    var list: [String: Expected] = [:]
    for line in text.split(separator: "\n").dropFirst() {
      // What the anomaly is stands between the first and the last two commas.
      let cells = line.components(separatedBy: ",")
      list[cells[0]] = Expected(
        codes: Set(cells[cells.count - 2].split(separator: " ").map(String.init)),
        notes: Set(cells[cells.count - 1].split(separator: " ").map(String.init)))
    }
    return list
  }

  @Test func `is found by the audit: all and nothing else`() async throws {
    let folder = try TemporaryFolder()
    try Cac.succeed(
      ["phantom", "cohort", "--subjects", "2", "--matrix", "64", "--anomalies"], in: folder.url)
    let expected = try expected(in: folder.file("cohort"))
    let outcome = try Cac.run(["coca", "audit", "cohort", "--json", "audit.json"], in: folder.url)
    #expect(outcome.status == 3)
    let audit = try JSONFile.read(AuditReport.self, from: folder.file("audit.json"))
    #expect(Set(expected.keys).isSubset(of: audit.subjects.map(\.id)))
    #expect(audit.subjects.count { !["0", "1"].contains($0.id) } == 16)
    var compared = 0
    for subject in audit.subjects {
      let known = expected[subject.id] ?? Expected()
      #expect(Set(subject.anomalies.map(\.code.rawValue)) == known.codes, "subject \(subject.id)")
      let notes = Set(subject.notes.map(\.code.rawValue)).subtracting(["implicit-zero"])
      // Regions of no artery are left out of the score, and one of them was never measured.
      let scoreNotes: Set<String> =
        known.codes.contains("unknown-artery") ? ["reference", "count-differs"] : []
      #expect(notes == known.notes.union(scoreNotes), "subject \(subject.id)")
      for finding in subject.anomalies {
        #expect(finding.detail.contains(" ") && !finding.detail.contains("/"), "\(finding)")
      }
      guard let exact = subject.rois.statisticsExact else { continue }
      #expect(exact == subject.rois.matched - (subject.rois.unassigned > 0 ? 1 : 0))
      compared += 1
    }
    #expect(compared > 0)
    // The codes of the table of anomalies, and those of damaged files.
    let all = Set(expected.values.flatMap(\.codes))
    #expect(
      all.isSuperset(of: [
        "annotation-without-dicom", "increment-mismatch", "index-past-last-slice",
        "unusual-increment", "duplicate-position", "index-disagreement", "several-series",
        "identical-positions", "unknown-artery", "metal", "several-folders", "unmatched-roi",
        "unreadable-files", "unusual-voltage",
      ]))
    // A second run finds everything there and writes the same list.
    let before = try Data(contentsOf: folder.file("cohort/anomalies.csv"))
    let other = try Cac.run(
      ["phantom", "cohort", "--subjects", "2", "--matrix", "64"], in: folder.url)
    #expect(other.status == 1 && other.complaints.first?.contains("other options") == true)
    #expect(try Data(contentsOf: folder.file("cohort/anomalies.csv")) == before)
  }

  @Test func `without its scans is audited and scored all the same`() async throws {
    let (folder, tree) = try await Cohort.copy()
    try FileManager.default.removeItem(at: tree.at("patient"))
    let outcome = try Cac.succeed(["coca", "audit", "tree", "--json", "a.json"], in: folder.url)
    #expect(outcome.out.contains("no series in the tree"))
    let audit = try JSONFile.read(AuditReport.self, from: folder.file("a.json"))
    #expect(audit.totals.rois > 0)
    #expect(audit.totals.countExact == audit.totals.rois)
    #expect(audit.subjects.allSatisfy { $0.reference != nil })
    let id = try #require(audit.subjects.first?.id)
    // Figures that contradict the contours are found without a scan.
    let xml = tree.at("calcium_xml/\(id).xml")
    try Spoiling.replace(
      pattern: #"(?<=<key>Area</key>\n\t\t\t\t\t<real>)[0-9.]+"#, with: "0.5", in: xml)
    let spoilt = try Cac.run(["coca", "audit", "tree"], in: folder.url)
    #expect(spoilt.out.contains("\(id)  area-mismatch: 1 ROI"))
  }

  @Test(.enabled(if: MountedFolder.isPossible, "changing the user needs root"))
  func `whose folder may not be read is told so, and the others go on`() async throws {
    let (folder, tree) = try await Cohort.copy()
    let locked = tree.at("patient/2")
    try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: locked.path)
    let outcome = try Cac.run(
      ["coca", "audit", "tree"], in: folder.url,
      launcher: ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"])
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: locked.path)
    #expect(outcome.status == 3, "\(outcome.err)")
    #expect(Array(outcome.leftOut.keys) == ["2"])
    let reason = outcome.leftOut["2"] ?? ""
    #expect(reason.contains("unreadable-folder") && reason.contains("permission denied"))
    #expect(!reason.contains("no readable series"))
  }
}
