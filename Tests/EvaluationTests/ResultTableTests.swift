// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Files
import Foundation
import TestSupport
import Testing

@Suite struct `A result table` {
  private let header = "patient_name,given_agatston,computed_agatston,given_vol,computed_vol"

  private func parse(_ text: String) throws -> ResultTable {
    try ResultTable(parsing: text.utf8, path: "RESULT.csv")
  }

  @Test func `of the Erasmus study is read`() throws {
    let table = try parse(header + "\n12,109.6,98.25,120.0,\n7,0.0,0,0,0.5\n")
    #expect(table.rows.map(\.subject) == ["12", "7"])
    #expect(table.rows[0].reference.agatston == 109.6 && table.rows[0].computed.agatston == 98.25)
    #expect(table.rows[0].reference.volume == 120 && table.rows[0].computed.volume == nil)
    #expect(table.rows[1].computed.volume == 0.5)
    #expect(table.unknownColumns.isEmpty)
  }

  @Test func `keeps every column of the format, in any order, and names the others`() throws {
    let table = try parse(
      "dice,convention,index,\(header),given_LM,computed_RCA,given_mass\n"
        + "0.75,seed,0,a,1,2,3,4,5,6,7\n")
    let row = table.rows[0]
    #expect(row.dice == 0.75 && row.convention == "seed" && row.subject == "a")
    #expect(row.reference.arteries == [.leftMain: 5] && row.computed.arteries == [.right: 6])
    #expect(row.reference.mass == 7 && row.computed.mass == nil)
    #expect(table.unknownColumns == ["index"])
  }

  @Test func `warns of columns that it does not know, and of the name they may have meant`() throws
  {
    let table = try parse(
      "\(header),Computed_volume,given_LDA,computed_LM,site,kernel\na,1,2,3,4,5,6,7,8,9\n")
    #expect(
      table.unknownColumnWarning(besides: ["kernel"])
        == "not used, because this program does not know the columns: "
        + "\"Computed_volume\", \"given_LDA\" (did you mean given_LAD?), \"site\"")
    // computed_vol is there already, so it cannot be what the first was to be.
    #expect(table.unknownColumnWarning(besides: table.unknownColumns) == nil)
    let one = try parse("\(header),computed_mas\na,1,2,3,4,5\n")
    #expect(
      one.unknownColumnWarning()
        == "not used, because this program does not know the column: "
        + "\"computed_mas\" (did you mean computed_mass?)")
    #expect(try parse("\(header)\na,1,2,3,4\n").unknownColumnWarning() == nil)
  }

  @Test(
    arguments: [
      ("x,1,abc,2,3", "row 2, column computed_agatston: \"abc\" is no number"),
      ("x,1,nan,2,3", "row 2, column computed_agatston: \"nan\" is no number"),
      ("x,inf,1,2,3", "row 2, column given_agatston: \"inf\" is no number"),
      ("x,0x10,1,2,3", "row 2, column given_agatston: \"0x10\" is no number"),
      ("x,1e999,1,2,3", "row 2, column given_agatston: \"1e999\" is no number"),
      ("x,1,2,-0.5,3", "row 2, column given_vol: -0.5 is negative"),
      ("x,1,2,3,4\ny,1,2,3,4\nx,1,2,3,4", "row 4, column patient_name: \"x\" is in row 2 already"),
      (
        "x,1,2,3,4\nx,1,2,3,4\ny,1,2,3,4\ny,1,2,3,4\nx,1,2,3,4",
        "row 3, column patient_name: \"x\" is in row 2 already; repeated, too: \"y\" of row 5, "
          + "\"x\" of row 6"
      ),
      (",1,2,3,4", "row 2, column patient_name: the subject has no name"),
      ("", "the table has a header but no subject"),
      ("x,1,2,3", "row 2: 4 cells where the header has 5"),
      ("x,\"1,5\",2,3,4", "row 2, column given_agatston: \"1,5\" is no number"),
    ])
  func `with a fault is refused with file, row and column`(body: String, message: String) throws {
    let error = try #require(throws: EvaluationError.self) {
      try parse(header + "\n" + body + "\n")
    }
    #expect(error.description.contains(message), "\(error)")
    #expect(error.description.hasPrefix("RESULT.csv"))
  }

  @Test func `of a spreadsheet with decimal commas is read`() throws {
    let names = "Patient Name;Given Agatston;COMPUTED_AGATSTON;given_vol ;computed_vol;Dice;;"
    let rows =
      ";;;;;;;\r\n\u{A0}12 ;109,6;1.098,25;1 120;0,5;0,875;;\r\n7;0;1,234;0;;\r\n"
    let table = try parse("sep=;\r\n\(names)\r\n\(rows)")
    #expect(table.rows.map(\.subject) == ["12", "7"])
    #expect(table.rows[0].reference.agatston == 109.6 && table.rows[0].computed.agatston == 1098.25)
    #expect(table.rows[0].reference.volume == 1120 && table.rows[0].dice == 0.875)
    #expect(table.rows[1].computed.agatston == 1.234 && table.rows[1].computed.volume == nil)
    #expect(table.unknownColumns.isEmpty)
  }

  @Test func `with a number that may be two is refused with its cell`() throws {
    for text in [
      header + "\n,,,,\nx,\"1,234\",2,3,4\n",
      header.replacing(",", with: ";") + "\n\nx;1.234;2;3;4\n",
    ] {
      let error = try #require(throws: EvaluationError.self) { try parse(text) }
      #expect(error.row == 3 && error.column == "given_agatston")
      #expect(error.detail.contains("may be 1.234 or 1234"), "\(error)")
    }
  }

  @Test func `with two columns of one meaning is refused`() throws {
    let error = try #require(throws: EvaluationError.self) {
      try parse(header + ",Given_Agatston\na,1,2,3,4,5\n")
    }
    #expect(error.column == "given_agatston" && error.detail.contains("appears twice"))
  }

  @Test func `without one of the five columns is refused`() throws {
    let error = try #require(throws: EvaluationError.self) {
      try parse("patient_name,given_agatston,computed_agatston,given_vol\na,1,2,3\n")
    }
    #expect(error.code == .column && error.column == "computed_vol")
  }

  @Test func `with a Dice above 1 is refused`() throws {
    let error = try #require(throws: EvaluationError.self) {
      try parse(header + ",dice\na,1,2,3,4,1.01\n")
    }
    #expect(error.column == "dice")
  }

  @Test func `is written and read back without loss`() throws {
    let rows = [
      ResultRow(
        subject: "a, \"b\"",
        reference: SubjectScores(agatston: 0.1 + 0.2, volume: 1e-7, arteries: [.leftMain: 3]),
        computed: SubjectScores(agatston: 1e21, mass: 2, arteries: [.right: 4.5]), dice: 0.5),
      ResultRow(subject: "c", convention: "agatston"),
    ]
    let folder = try TemporaryFolder()
    try ResultTable(rows: rows).write(to: folder.file("RESULT.csv"))
    let back = try ResultTable(contentsOf: folder.file("RESULT.csv"))
    #expect(back.rows == rows)
    #expect(folder.allNames == ["RESULT.csv"])
    #expect(
      ResultTable(rows: rows).csv.hasPrefix(
        header + ",given_LM,computed_RCA,computed_mass,dice,convention\n"))
  }

  @Test func `calls subjects as another table does that kept the zeros before a number`() throws {
    var table = try parse(header + "\n12,1,2,3,4\na,1,2,3,4\n0013,1,2,3,4\n")
    let note = try table.respell(like: ["0012", "a", "13", "b"], path: "RESULT.csv")
    #expect(table.rows.map(\.subject) == ["0012", "a", "13"])
    #expect(
      note == "12 was taken for 0012, 0013 was taken for 13, since spreadsheets drop the zeros "
        + "before a number")
    #expect(try table.respell(like: ["0012", "a", "13"], path: "RESULT.csv") == nil)
    let error = try #require(throws: EvaluationError.self) {
      try table.respell(like: ["012", "12"], path: "RESULT.csv")
    }
    #expect(
      error.description
        == "RESULT.csv, column patient_name: 012 and 12 may be 0012; write each id with the zeros "
        + "before it")
  }

  @Test func `that is not there is a file error`() throws {
    let folder = try TemporaryFolder()
    #expect(throws: FileError.self) { try ResultTable(contentsOf: folder.file("none.csv")) }
  }
}
