// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import TestSupport
import Testing

/// `cac risk` on tables and on one person's values.
@Suite struct `Estimating risk` {
  private static let header =
    "id,age,sex,race,TC (mmol/L),HDL mg/dL,SBP,bp_med,statin,diabetes,smoker,family_history,bmi,eGFR\n"
  private static let people =
    "a,60,f,white,5.2,50,130,no,no,no,no,no,25,80\nb,70,M,Black,4.9132,50,130,yes,no,no,1,no,25,80\n"

  private func folder(_ table: String = header + people) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try Data(table.utf8).write(to: folder.file("people.csv"))
    return folder
  }

  private func run(_ line: String, in folder: TemporaryFolder) throws -> Cac.Outcome {
    try Cac.run(["risk"] + line.split(separator: " ").map(String.init), in: folder.url)
  }

  private func list(_ line: String, in folder: TemporaryFolder) throws -> [[String: Any]] {
    let outcome = try run("\(line) --json", in: folder)
    outcome.expectSuccess()
    return try #require(
      JSONSerialization.jsonObject(with: Data(outcome.out.utf8)) as? [[String: Any]])
  }

  @Test func `one person's values give the published number`() throws {
    let folder = try folder()
    let outcome = try run(
      """
      --age 70 --sex male --race hispanic --total-cholesterol 190mg/dL --hdl 50mg/dL --systolic 130 \
      --pressure-medication yes --lipid-medication no --diabetes no --smoker no --family-history no \
      --agatston 0
      """, in: folder)
    outcome.expectSuccess()
    #expect(outcome.out.contains("mesa-cac        10-year CHD       3.1 %"))
    #expect(outcome.out.contains("McClelland 2015"))
    #expect(outcome.out.contains("no score2: region missing"))
    #expect(outcome.out.contains("no prevent: BMI, eGFR missing"))
  }

  @Test func `units change nothing`() throws {
    let folder = try folder()
    // 5.2 mmol/L of a, and 50 mg/dL of b, in the other unit.
    let other = try self.folder(
      Self.header.replacing("mmol/L", with: "mg/dL").replacing("HDL mg/dL", with: "HDL mmol/L")
        + Self.people.replacing(",5.2,50,", with: ",\(5.2 / 0.02586),1.293,")
        .replacing(",4.9132,50,", with: ",\(4.9132 / 0.02586),1.293,"))
    let values = try [folder, other].map { folder in
      try list("people.csv --region low", in: folder).compactMap { $0["value"] as? Double }
    }
    #expect(values[0].count == 12)
    for (a, b) in zip(values[0], values[1]) { #expect(abs(a - b) < 1e-9) }
  }

  @Test func `scores of cac score are joined by subject, and who is missing is said`() throws {
    let folder = try folder()
    let header = "patient_name,given_agatston,computed_agatston,given_vol,computed_vol"
    try Data("\(header)\nb,,250,,\nz,,3,,\n".utf8).write(to: folder.file("RESULT.csv"))
    let outcome = try run("people.csv --scores RESULT.csv --csv risk.csv", in: folder)
    outcome.expectSuccess()
    #expect(outcome.err.contains("note: 1 person of the table without a score: a"))
    #expect(outcome.err.contains("note: 1 scored subject not in the table: z"))
    let table = try String(contentsOf: folder.file("risk.csv"), encoding: .utf8)
    #expect(table.contains("\nb,mesa-cac,10-year CHD,"))
    #expect(table.contains("\na,mesa-cac,,,,,agatston missing,"))
    #expect(FileManager.default.fileExists(atPath: folder.file("risk.csv.run.json").path))
    try Data("\(header)\ny,,250,,\n".utf8).write(to: folder.file("RESULT.csv"))
    let apart = try run("people.csv --scores RESULT.csv", in: folder)
    #expect(apart.status == 1 && apart.err.contains("have no subject in common"))
  }

  @Test func `a page about one person holds both pictures and no script`() throws {
    let folder = try folder()
    let outcome = try run("people.csv --person b --region low --report b.html", in: folder)
    outcome.expectSuccess()
    let page = try String(contentsOf: folder.file("b.html"), encoding: .utf8)
    #expect(page.contains("What it does not say") && !page.contains("<script"))
    let both = try self.folder(
      Self.header.replacing("\n", with: ",agatston\n")
        + Self.people.replacing("25,80\n", with: "25,80,120\n"))
    try run("people.csv --person b --report b.html", in: both).expectSuccess()
    let full = try String(contentsOf: both.file("b.html"), encoding: .utf8)
    #expect(full.contains("Of 100 people like this one, about 13 have a first coronary event"))
    #expect(full.contains("Of 100 people like this one, about 16 have a first coronary event"))
  }

  @Test(arguments: ["1e300", "inf", "nan"])
  func `a page about a number that nobody can have is refused or says so`(number: String) throws {
    let outcome = try run(
      "--age \(number) --sex male --agatston \(number) --report page.html", in: folder())
    #expect(outcome.status == 1 && outcome.err.contains("no model has a number for anybody"))
    #expect(!outcome.out.contains("CAC-DRS"))
  }

  @Test func `percentiles come from a table alone`() throws {
    let folder = try self.folder(
      Self.header.replacing("\n", with: ",agatston\n")
        + Self.people.replacing(",80\n", with: ",80,90\n"))
    let header = "source,edition,sex,race,age_from,age_to,percentile,score\n"
    let rows = "Made-up,2026,male,all,65,74,50,90\nMade-up,2026,male,all,65,74,75,320\n"
    try Data((header + rows).utf8).write(to: folder.file("percentiles.csv"))
    let line = "people.csv --percentiles percentiles.csv"
    let list = try list(line, in: folder).filter { $0["model"] as? String == "percentile" }
    #expect(list.count == 2)
    #expect((list[0]["refused"] as? String)?.contains("no group of the table has a female") == true)
    #expect(list[1]["value"] as? Double == 50)
    for (rows, sentence) in [
      ("Made-up,2026,male,all,65,74,50,x\n", "row 2, column score: \"x\" is no number"),
      ("Made-up,2026,male,all,75,74,50,1\n", "column age_to: is below age_from"),
      (",2026,male,all,65,74,50,1\n", "column source: is empty"),
      ("M,1,male,all,65,74,50,9\nM,1,male,all,65,74,75,3\n", "has a lower score than"),
    ] {
      try Data((header + rows).utf8).write(to: folder.file("percentiles.csv"))
      let outcome = try run(line, in: folder)
      #expect(outcome.status == 1 && outcome.err.contains(sentence), "\(outcome.err)")
    }
  }

  @Test(arguments: [
    ("id,age,TC\na,50,200\n", "column TC: cholesterol needs its unit"),
    ("id,age,hdl\na,50,50\n", "column hdl: cholesterol needs its unit"),
    ("id,age,sex\na,50,x\n", "row 2, column sex: \"x\" is neither female nor male"),
    ("id,age,smoker\na,50,maybe\n", "row 2, column smoker: \"maybe\" is neither yes nor no"),
    ("id,age,sex\na,fifty,f\n", "row 2, column age: \"fifty\" is no number"),
    ("id,age,sex\na,50,f\na,51,f\n", "row 3: a is there twice"),
    ("id,age,sbp,systolic\na,50,120,120\n", "column systolic: gives the same as the column sbp"),
    ("id,age,sex\n", "has a header but no person"),
    ("id,age,race\na,50,purple\n", "row 2, column race: \"purple\" is not white"),
    ("id,age,agatston\na,200,3\n", "no model has a number for anybody"),
  ])
  func `a table that cannot be read is one sentence`(table: String, sentence: String) throws {
    let outcome = try run("people.csv", in: folder(table))
    #expect(outcome.status == 1 && outcome.err.contains(sentence), "\(outcome.err)")
    #expect(outcome.err.split(separator: "\n").count <= 2)
  }

  @Test(arguments: [
    ("", "give a table, or one person's values"),
    ("people.csv --age 50", "exclude each other"),
    ("--age 50 --scores RESULT.csv", "--scores belongs to a table"),
    ("people.csv --report page.html", "--report is about one person"),
    ("people.csv --model framingham", "--model framingham: the models are mesa-cac"),
    ("--total-cholesterol 190", "190"),
  ])
  func `wrong usage is one sentence`(line: String, sentence: String) throws {
    let outcome = try run(line, in: folder())
    #expect(outcome.status == 2 && outcome.err.contains(sentence), "\(outcome.err)")
  }
}
