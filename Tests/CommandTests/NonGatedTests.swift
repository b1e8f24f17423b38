// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import CommandSupport
import Files
import Foundation
import Spreadsheet
import TestSupport
import Testing

@Suite struct `The non-gated half` {
  /// A synthetic one with every anomaly, made once.
  private static let made: Task<TemporaryFolder, any Error> = Task {
    let folder = try TemporaryFolder()
    try Cac.succeed(
      words(
        "phantom cohort --protocol chest --subjects 3 --matrix 64 --slices 8 --seed 3 "
          + "--min-rank 0.75 --anomalies"), in: folder.url)
    return folder
  }
  private static let half = "cohort/deidentified_nongated"
  private static let scores = "cohort/deidentified_nongated/scores.xlsx"

  private static func words(_ line: String) -> [String] {
    line.split(separator: " ").map(String.init)
  }

  @Test func `with every anomaly is found by the audit: all and nothing else`() async throws {
    let folder = try await Self.made.value
    var codes: [String: Set<String>] = [:]
    var notes: [String: Set<String>] = [:]
    for row in try Cohort.table(folder.file("cohort/anomalies.csv")) {
      let subject = try #require(row["subject"])
      codes[subject] = Set(Self.words(row["codes"] ?? ""))
      notes[subject] = Set(Self.words(row["notes"] ?? ""))
    }
    for root in ["cohort", Self.half] {
      let outcome = try Cac.run(["coca", "audit", root, "--json", "audit.json"], in: folder.url)
      #expect(outcome.status == 3, "\(outcome.err)")
      let audit = try JSONFile.read(AuditReport.self, from: folder.file("audit.json"))
      #expect(Set(codes.keys).subtracting(audit.subjects.map(\.id)) == ["scores.xlsx"])
      for subject in audit.subjects {
        #expect(
          Set(subject.anomalies.map(\.code.rawValue)) == codes[subject.id] ?? [], "\(subject.id)")
        #expect(Set(subject.notes.map(\.code.rawValue)) == notes[subject.id] ?? [], "\(subject.id)")
        for finding in subject.anomalies + subject.notes {
          #expect(finding.detail.contains(" ") && !finding.detail.contains("/"), "\(finding)")
          #expect(outcome.out.contains(finding.code.rawValue) || subject.notes.contains(finding))
        }
        // Nobody's volume is known, and nobody counts as free of calcium for want of an annotation.
        #expect(subject.reference?.volume == nil)
        #expect(subject.usable == (subject.series != nil && subject.reference != nil))
      }
      let table = try #require(audit.scores)
      #expect(
        Set(table.notes.map(\.code.rawValue)) == notes["scores.xlsx"] && table.anomalies.isEmpty)
      #expect(
        Set(outcome.leftOut.keys)
          == Set(audit.subjects.filter { !$0.usable && $0.id != "1004" }.map(\.id)))
    }
    // Each code of the table of scores is there.
    let all = Set(codes.values.joined()).union(notes.values.joined())
    #expect(
      all.isSuperset(of: [
        "total-mismatch", "zero-total", "score-without-study", "study-without-score", "stray-id",
        "missing-id", "odd-id", "duplicate-id", "text-in-number", "missing-value",
        "negative-value", "odd-header", "missing-inner-folder",
      ]))
  }

  @Test func `gives the scores that its workbook holds, as a table and as JSON`() async throws {
    let folder = try await Self.made.value
    let outcome = try Cac.run(
      ["coca", "reference", Self.half, "--csv", "reference.csv", "--json"], in: folder.url)
    #expect(outcome.status == 3)
    let rows = try Cohort.table(folder.file("reference.csv"))
    let list = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [[String: Any]])
    #expect(list.compactMap { $0["id"] as? String } == rows.compactMap { $0["id"] })
    // Read without the reader of scores: cell by cell.
    let written = try Sheet(contentsOf: folder.file(Self.scores)).rows
    var compared = 0
    for (row, entry) in zip(rows, list) {
      let id = try #require(row["id"])
      let cells = written.filter { $0.first == .text("\(id)A") }
      let noted = entry["notes"] as? [String] ?? []
      guard row["agatston"] != "" else {
        #expect(entry["agatston"] is NSNull && !noted.isEmpty, "\(id)")
        continue
      }
      #expect(cells.count == 1)
      let values = cells[0].dropFirst().map { cell -> Double in
        switch cell {
        case .number(let value, _): value
        case .text(let text): Double(text) ?? -1
        default: -1
        }
      }
      let columns = ["LM", "LAD", "LCX", "RCA", "agatston"]
      #expect(columns.map { Double(row[$0] ?? "") } == values, "\(id)")
      #expect(entry["agatston"] as? Double == values[4] && entry["volume_mm3"] is NSNull)
      #expect(abs(values.dropLast().reduce(0, +) - values[4]) < 0.5)
      #expect(
        row["volume_mm3"] == "" && row["class"] == FiveClassRisk(agatston: values[4])?.rawValue)
      compared += values[4] > 0 ? 1 : 0
    }
    #expect(compared > 1)
    #expect(Set(outcome.leftOut.keys).isSuperset(of: ["1000", "1001", "1006", "1009"]))
    // Told to believe the stated totals, or the vessels, it does.
    for (choice, difference) in [("file", 7.5), ("sum", 0)] {
      let other = try Cac.run(
        ["coca", "reference", Self.scores, "--csv", "r.csv", "--disagreeing-total", choice],
        in: folder.url)
      let row = try #require(try Cohort.table(folder.file("r.csv")).first { $0["id"] == "1000" })
      let sum = ["LM", "LAD", "LCX", "RCA"].compactMap { Double(row[$0] ?? "") }.reduce(0, +)
      #expect(abs((Double(row["agatston"] ?? "") ?? -1) - sum - difference) < 1e-9, "\(choice)")
      #expect(other.out.contains("1000  total-mismatch: the total is"))
    }
  }

  @Test func `is scored and evaluated against its own table`() async throws {
    let folder = try await Self.made.value
    // The annotations of a synthetic cohort become the masks.
    _ = try Cac.run(
      Self.words("coca prepare cohort --dataset 7_Chest --dimension 3d --labels arteries"),
      in: folder.url)
    let labels = folder.file("nnUNet_raw/Dataset007_Chest/labelsTr")
    let masks = folder.file("masks")
    try FileManager.default.createDirectory(at: masks, withIntermediateDirectories: false)
    let ids = ["0", "1", "2", "1000", "1003", "1010", "1011"]
    for id in ids {
      let name = "cac_" + String(repeating: "0", count: 4 - id.count) + id
      try FileManager.default.copyItem(
        at: labels.at("\(name).nii.gz"), to: masks.at("\(id).nii.gz"))
    }
    let outcome = try Cac.run(
      Self.words(
        "score \(Self.half) --mask masks --reference-xlsx \(Self.scores) --csv RESULT.csv --json"),
      in: folder.url)
    // Studies without a mask are left out, others are not.
    #expect(outcome.status == 3)
    for id in ["1001", "1005", "1006", "1007", "1008", "1009"] {
      #expect(outcome.leftOut[id]?.contains("holds no mask \(id).nii.gz") == true)
    }
    let rows = try Cohort.table(folder.file("RESULT.csv"))
    #expect(Set(rows.compactMap { $0["patient_name"] }) == Set(ids))
    _ = try Cac.run(["coca", "reference", Self.half, "--csv", "given.csv"], in: folder.url)
    let given = Dictionary(
      uniqueKeysWithValues: try Cohort.table(folder.file("given.csv")).map { ($0["id"] ?? "", $0) })
    for row in rows {
      let id = try #require(row["patient_name"])
      #expect(Double(row["given_agatston"] ?? "") == Double(given[id]?["agatston"] ?? ""), "\(id)")
      #expect(Double(row["given_LAD"] ?? "") == Double(given[id]?["LAD"] ?? ""))
      #expect(row["given_vol"] == "" && Double(row["computed_agatston"] ?? "") != nil)
    }
    #expect(rows.count { $0["given_agatston"] == "" } == 2)
    #expect(outcome.out.contains("scores.xlsx gives no reference: there is a study, but no scores"))
    #expect(outcome.out.contains("scores.xlsx gives no reference: the total is"))
    let evaluation = try Cac.succeed(
      Self.words("evaluate RESULT.csv --out evaluation --json"), in: folder.url)
    let json = try Cohort.json(Data(evaluation.out.utf8))
    #expect((json["held_out"] as? [Any])?.count == ids.count - 2)
    #expect(Set(json["missing_scores"] as? [String] ?? []) == ["1000", "1003"])
    // One study by itself finds its row, too.
    let one = try Cac.succeed(
      Self.words(
        "score \(Self.half)/1010 --mask masks/1010.nii.gz --reference-xlsx \(Self.scores) "
          + "--csv one.csv"), in: folder.url)
    #expect(!one.out.contains("gives no reference"))
    #expect(
      try Cohort.table(folder.file("one.csv"))[0]["given_agatston"]
        == rows.first { $0["patient_name"] == "1010" }?["given_agatston"])
    // The row is found, too, where a spreadsheet dropped the zero of its id, unless it may be two.
    let studies = folder.file("zeros")
    try FileManager.default.createDirectory(at: studies, withIntermediateDirectories: false)
    func copy(_ id: String) throws {
      try FileManager.default.copyItem(at: folder.file("\(Self.half)/1010"), to: studies.at(id))
    }
    try copy("01010")
    let line = "score zeros/01010 --mask masks/1010.nii.gz --reference-xlsx \(Self.scores) --json"
    let found = try Cac.succeed(Self.words(line), in: folder.url)
    #expect(found.out.contains("was taken for 01010, whose id has other zeros"))
    try copy("1010")
    let two = try Cac.run(
      Self.words("score zeros --mask masks --reference-xlsx \(Self.scores)"), in: folder.url)
    #expect(two.status == 1 && two.err.contains("may be of the studies 01010 or 1010"))
  }

  @Test func `shows nobody's name, whatever the workbook calls people`() async throws {
    let made = try await Self.made.value
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(
      at: made.file(Self.half), to: folder.file("deidentified_nongated"))
    let secrets = ["Zebulon^Xaver", "4711081A", "19470321", "Adelgunde"]
    var sheet = try Sheet(contentsOf: made.file(Self.scores))
    sheet.rows[0].append(.text(secrets[3]))
    sheet.rows[1][2] = .text(secrets[0])
    sheet.rows[1].append(.text(secrets[2]))
    sheet.rows.append([.text(secrets[0])] + Array(repeating: .text(secrets[2]), count: 5))
    sheet.rows.append([.text(secrets[1])] + Array(repeating: .number(1, digits: "1"), count: 5))
    try sheet.write(to: folder.file("deidentified_nongated/scores.xlsx"))
    let lines = [
      "coca audit deidentified_nongated --json audit.json",
      "coca reference deidentified_nongated --csv r.csv",
      "coca reference deidentified_nongated/scores.xlsx --json",
      "score deidentified_nongated --mask . --reference-xlsx deidentified_nongated/scores.xlsx",
    ]
    var outputs: [String] = []
    for line in lines {
      let outcome = try Cac.run(Self.words(line), in: folder.url)
      #expect(outcome.status == (line.hasPrefix("score") ? 1 : 3), "\(line): \(outcome.err)")
      outputs += [outcome.out, outcome.err]
    }
    for name in ["audit.json", "r.csv"] {
      outputs.append(try String(contentsOf: folder.file(name), encoding: .utf8))
    }
    for output in outputs {
      for secret in secrets { #expect(!output.contains("\(secret.dropLast())"), "\(secret)") }
    }
    #expect(outputs.contains { $0.contains("odd-id") && $0.contains("text-in-number") })
  }

  @Test func `of many rows without a study has a line for all of them`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      at: folder.file("deidentified_nongated/1/1"), withIntermediateDirectories: true)
    let rows = (1...208).map { id in
      [.text("\(id)A")] + Array(repeating: Sheet.Cell.number(0, digits: "0"), count: 5)
    }
    try Sheet(rows: [ScoresFile.usualHeader.map { .text($0) }] + rows).write(
      to: folder.file("deidentified_nongated/scores.xlsx"))
    let outcome = try Cac.run(
      Self.words("coca reference deidentified_nongated"), in: folder.url)
    let lines = outcome.out.split(separator: "\n").filter { $0.contains("score-without-study") }
    #expect(lines.count == 1)
    #expect(lines.first?.hasPrefix("207 subjects  score-without-study: ") == true)
    #expect(lines.first?.hasSuffix("and 187 more)") == true)
  }

  @Test(arguments: [
    ("coca audit", 1, "is no Excel workbook"), ("coca reference", 1, "is no Excel workbook"),
  ])
  func `with a workbook that is none says so`(verb: String, status: Int32, says: String) throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      at: folder.file("nongated/1"), withIntermediateDirectories: true)
    try Data("filename,total\n".utf8).write(to: folder.file("nongated/scores.xlsx"))
    let outcome = try Cac.run(Self.words(verb) + ["nongated"], in: folder.url)
    #expect(outcome.status == status && outcome.complaints.count == 1)
    #expect(outcome.complaints.first?.contains(says) == true, "\(outcome.err)")
    #expect(outcome.complaints.first?.contains("nongated/scores.xlsx") == true)
  }

  @Test func `without what it needs says what is missing, and counts nobody as healthy`() throws {
    let folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      at: folder.file("deidentified_nongated/1/1"), withIntermediateDirectories: true)
    func complaint(_ line: String) throws -> String {
      let outcome = try Cac.run(Self.words(line), in: folder.url)
      #expect(outcome.status == 1 && outcome.complaints.count == 1, "\(line): \(outcome.err)")
      return outcome.complaints.first ?? ""
    }
    // No workbook: no reference, and the audit says so.
    #expect(try complaint("coca reference deidentified_nongated").contains("has no scores.xlsx"))
    let audit = try Cac.run(Self.words("coca audit deidentified_nongated"), in: folder.url)
    #expect(audit.out.contains("missing-scores") && audit.status == 3)
    let workbook = folder.file("deidentified_nongated/scores.xlsx")
    for (rows, says) in [
      ([], "its first sheet is empty"),
      (
        [[.text("filename "), .text("LCA"), .text("LAD"), .text("LCX"), .text("total")]],
        "no column RCA"
      ),
      ([ScoresFile.usualHeader.map { .text($0) }], "no row of scores"),
    ] as [([[Sheet.Cell]], String)] {
      try Sheet(rows: rows).write(to: workbook)
      #expect(try complaint("coca reference deidentified_nongated").contains(says))
      #expect(try complaint("coca audit deidentified_nongated").contains(says))
    }
    // Annotations are needed for masks; a study without a row has no reference.
    #expect(
      try complaint("coca prepare deidentified_nongated --dataset 1_A --dimension 3d").contains(
        "holds no annotation"))
    let row = [.text("9A")] + Array(repeating: Sheet.Cell.number(0, digits: "0"), count: 5)
    try Sheet(rows: [ScoresFile.usualHeader.map { .text($0) }, row]).write(to: workbook)
    #expect(
      try complaint(
        "score deidentified_nongated --mask deidentified_nongated --reference-xlsx "
          + "deidentified_nongated/scores.xlsx"
      ).contains("has no row for any of the scans"))
    // A folder of series that is no half at all has no reference, either.
    try FileManager.default.createDirectory(
      at: folder.file("plain/1"), withIntermediateDirectories: true)
    #expect(try complaint("coca reference plain").contains("holds no annotation"))
    for (line, says) in [
      ("score x --mask m --reference r --reference-xlsx s.xlsx", "exclude each other"),
      ("score x --mask m --reference s.xlsx", "--reference-xlsx"),
      ("score x --candidates --reference-xlsx s.xlsx", "--candidates makes none"),
      ("coca reference x --disagreeing-total both", "omit"),
    ] {
      let outcome = try Cac.run(Self.words(line), in: folder.url)
      #expect(outcome.status == 2 && outcome.err.contains(says), "\(line): \(outcome.err)")
    }
  }
}
