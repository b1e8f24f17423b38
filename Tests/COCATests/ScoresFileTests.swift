// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
import Foundation
import Spreadsheet
import TestSupport
import Testing

@testable import COCA

@Suite struct `The scores of the non-gated half` {
  static let header: [Sheet.Cell] = ScoresFile.usualHeader.map { .text($0) }

  /// A row of numbers.
  static func row(_ name: String, _ values: [Double]) -> [Sheet.Cell] {
    [.text(name)] + values.map { .number($0, digits: "\($0)") }
  }

  private func file(_ rows: [[Sheet.Cell]], header: [Sheet.Cell] = Self.header) throws -> ScoresFile
  {
    try ScoresFile(Sheet(rows: [header] + rows), path: "scores.xlsx")
  }

  /// The codes of each subject, by what it is called.
  private func codes(_ file: ScoresFile, studies: [String]? = nil) -> [String: [String]] {
    Dictionary(
      uniqueKeysWithValues: file.subjects(studies: studies).map {
        ($0.id, $0.findings.map(\.code.rawValue).sorted())
      })
  }

  @Test func `of the release have its quirks: gaps in the run, a stray id, odd totals`() throws {
    // As in the release: 1A…214A without 50A and 103A, and 790A.
    let ids = (1...214).filter { ![50, 103].contains($0) } + [790]
    let scores = try file(
      ids.map { id in
        var values: [Double] = [0, Double(id), 0.5, 2, Double(id) + 2.5]
        if id <= 9 { values[4] += 0.6 }
        if (10...13).contains(id) { values[4] = 0 }
        if id == 14 { values[4] += 0.5 }
        return Self.row("\(id)A", values)
      })
    #expect(scores.rows.count == 213)
    #expect(scores.notes.map(\.code) == [.oddHeader])
    let all = scores.subjects(studies: nil)
    func found(with code: FindingCode) -> [String] {
      all.filter { $0.findings.contains { $0.code == code } }.map(\.id)
    }
    #expect(found(with: .totalMismatch) == (1...13).map { "\($0)" })
    #expect(found(with: .zeroTotal) == (10...13).map { "\($0)" })
    #expect(found(with: .missingID) == ["50", "103"])
    #expect(found(with: .strayID) == ["790"])
    #expect(all.flatMap(\.findings).count == 13 + 4 + 2 + 1)
    #expect(all.map(\.id) == (1...214).map { "\($0)" } + ["790"])
  }

  @Test(arguments: [
    (DisagreeingTotal.omit, [15.0, nil, nil, nil]), (.file, [15, 22.5, 0, 7]),
    (.sum, [15, 15, 15, 7]),
  ])
  func `count with the total that was asked for where it is not the sum`(
    choice: DisagreeingTotal, totals: [Double?]
  ) throws {
    var incomplete = Self.row("4A", [1, 2, 3, 4, 7])
    incomplete[2] = .empty
    let subjects = try file([
      Self.row("1A", [1, 2, 4, 8, 15]), Self.row("2A", [1, 2, 4, 8, 22.5]),
      Self.row("3A", [1, 2, 4, 8, 0]), incomplete,
    ]).subjects(studies: nil)
    #expect(subjects.map { $0.given(choice)?.agatston } == totals)
    #expect(
      subjects[0].given(choice)?.arteries == [
        .leftMain: 1, .leftAnteriorDescending: 2, .leftCircumflex: 4, .right: 8,
      ])
    // What a row gives of its arteries is all or nothing.
    #expect(subjects[3].given(choice)?.arteries.isEmpty != false)
  }

  @Test(arguments: [
    (Sheet.Cell.text("n/a"), FindingCode.textInNumber, nil), (.empty, .missingValue, nil),
    (.text("  "), .textInNumber, nil), (.text(" 2.5 "), .textInNumber, 3.5),
    (.text("2,5"), .textInNumber, nil), (.text("2.500"), .textInNumber, nil),
    (.text("2,500"), .textInNumber, nil), (.text("\u{A0}2.5\u{A0}"), .textInNumber, 3.5),
    (.text("0x2"), .textInNumber, nil),
    (.text("nan"), .textInNumber, nil), (.text("inf"), .textInNumber, nil),
    (.flag(true), .textInNumber, nil), (.error("#DIV/0!"), .textInNumber, nil),
    (.number(19_470_321, digits: "19470321"), .implausibleValue, nil),
    (.number(-2.5, digits: "-2.5"), .negativeValue, nil),
  ])
  func `name a cell that holds no score and never guess one`(
    cell: Sheet.Cell, code: FindingCode, total: Double?
  ) throws {
    var row = Self.row("1A", [1, 2.5, 0, 0, 3.5])
    row[2] = cell
    let subject = try #require(try file([row]).subjects(studies: nil).first)
    #expect(subject.findings.map(\.code) == [code])
    #expect(subject.findings[0].detail.contains("LAD of row 2"))
    #expect(subject.given(.omit)?.agatston == total)
    #expect(subject.given(.sum)?.agatston == (total ?? 3.5))
  }

  @Test func `whose total is negative give none at all`() throws {
    let subject = try file([Self.row("1A", [0, 0, 0, 0, -3])]).subjects(studies: nil)[0]
    for choice in DisagreeingTotal.allCases {
      #expect((subject.given(choice)?.agatston ?? 0) == 0)
    }
    #expect(subject.given(.omit) == nil && subject.given(.file) == nil)
  }

  @Test func `find their studies by the number, with a letter or zeros or without`() throws {
    let scores = try file([
      Self.row("1A", [0, 0, 0, 0, 0]), Self.row("2", [0, 0, 0, 0, 0]),
      [.number(3, digits: "3")] + Self.row("", [0, 0, 0, 0, 0]).dropFirst(),
      Self.row(" 04a ", [0, 0, 0, 0, 0]), Self.row("6A", [0, 0, 0, 0, 0]),
      Self.row("left", [0, 0, 0, 0, 0]),
    ])
    #expect(
      codes(scores, studies: ["1", "002", "3A", "4", "5", "left"]) == [
        "1": [], "002": [], "3A": [], "4": [], "5": ["missing-id", "study-without-score"],
        "6": ["score-without-study"], "left": [],
      ])
    // Without studies nothing is said of them; a name that no study bears stays hidden.
    #expect(
      codes(scores) == [
        "1": [], "2": [], "3": [], "4": [], "5": ["missing-id"], "6": [], "row 7": ["odd-id"],
      ])
  }

  @Test func `with one id in several rows use none of them`() throws {
    let subjects = try file([
      Self.row("1A", [0, 0, 0, 0, 0]), Self.row("2A", [0, 0, 0, 1, 1]),
      Self.row("02A", [0, 0, 0, 5, 5]),
    ]).subjects(studies: nil)
    #expect(subjects.map(\.id) == ["1", "2"])
    #expect(subjects[1].findings.map(\.code) == [.duplicateID])
    #expect(subjects[1].findings[0].detail.contains("3 and 4"))
    for choice in DisagreeingTotal.allCases { #expect(subjects[1].given(choice) == nil) }
  }

  @Test(arguments: [
    ([1, 2, 3], [], []), ([7], [], []), ([1, 500], [], [1, 500]), ([1, 2, 4, 15], [3], [15]),
    (Array(1...400) + [422], [], [422]), (Array(1...400) + [419], Array(401...418), []),
    // Tens are no run that lacks the others.
    ([10, 20, 30, 40], [], []),
    // Two runs are two runs.
    (Array(1...5) + Array(1000...1005), [], []),
  ])
  func `tell a gap of the run from an id that stands alone`(
    ids: [Int], missing: [Int], strays: [Int]
  ) {
    let run = NumberRun(ids.shuffled())
    #expect(run.missing == missing)
    #expect(run.strays.keys.sorted() == strays)
  }

  @Test func `show no name that could be a patient's`() throws {
    let secret = "Zebulon Xaver"
    let scores = try file(
      [
        Self.row(secret, [1, 1, 1, 1, 9]), Self.row("4711081A", [0, 0, 0, 0, 0]),
        [.text("1A"), .text(secret), .text("19470321"), .error(secret), .empty, .empty],
        Self.row("", [0, 0, 0, 0, 0]),
      ], header: Self.header + [.text(secret)])
    let subjects = scores.subjects(studies: nil)
    #expect(subjects.map(\.id) == ["1", "row 2", "row 3", "row 5"])
    let words =
      subjects.flatMap { [$0.id] + $0.findings.map(\.detail) } + scores.notes.map(\.detail)
      + subjects.flatMap { ReferenceTable.row($0, $0.given(.file)) }
    for word in words {
      for part in ["Zebulon", "Xaver", "4711081", "19470321"] { #expect(!word.contains(part)) }
    }
    #expect(words.contains { $0.contains("1 more column") })
  }

  @Test(arguments: ["filename", "LCA", "LAD", "LCX", "RCA", "total"])
  func `without a column name it, and so they do with one twice`(column: String) throws {
    let row = Self.row("1A", [0, 0, 0, 0, 0])
    let without = Self.header.map { cell in
      if case .text(let text) = cell, text.contains(column) { return Sheet.Cell.text("other") }
      return cell
    }
    let missing = #expect(throws: COCAError.self) { try file([row], header: without) }
    #expect(missing?.description.contains("no column \(column);") == true)
    let twice = #expect(throws: COCAError.self) {
      try file([row], header: Self.header + [.text(column)])
    }
    #expect(twice?.description.contains("column \(column) twice") == true)
  }

  @Test func `are read by their columns' names, whatever case, order or blanks they have`() throws {
    let header: [Sheet.Cell] = ["TOTAL", " rca", "LCX", "LAD", "LCA", "Filename"].map { .text($0) }
    let row: [Sheet.Cell] = [
      .number(10, digits: "10"), .number(4, digits: "4"), .number(3, digits: "3"),
      .number(2, digits: "2"), .number(1, digits: "1"), .text("8A"),
    ]
    // Empty rows above and between are no rows.
    let scores = try ScoresFile(
      Sheet(rows: [[], header, [.empty, .text(" ")], row]), path: "x.xlsx")
    #expect(scores.rows.map(\.number) == [4])
    #expect(scores.notes.map(\.code) == [.oddHeader])
    let subject = scores.subjects(studies: nil)[0]
    #expect(subject.id == "8" && subject.findings.isEmpty)
    #expect(subject.given(.omit)?.arteries[.right] == 4)
    #expect(subject.given(.omit)?.arteries[.leftMain] == 1)
  }

  @Test func `that are empty, or no workbook, are one sentence`() throws {
    for rows in [[], [[]], [[.empty], [.text(" ")]], [Self.header]] as [[[Sheet.Cell]]] {
      let error = #expect(throws: COCAError.self) {
        try ScoresFile(Sheet(rows: rows), path: "x.xlsx")
      }
      #expect(error?.code == .scores && error?.description.hasPrefix("x.xlsx: ") == true)
    }
    let folder = try TemporaryFolder()
    try Data("filename,total\n1A,0\n".utf8).write(to: folder.file("scores.xlsx"))
    let error = #expect(throws: SpreadsheetError.self) {
      try ScoresFile(contentsOf: folder.file("scores.xlsx"))
    }
    #expect(error?.detail.contains("no Excel workbook") == true)
    #expect(throws: FileError.self) { try ScoresFile(contentsOf: folder.file("none.xlsx")) }
  }
}
