// SPDX-License-Identifier: Apache-2.0
import Files
import TestSupport
import Testing

@Suite struct `Comma-separated values` {
  private func parse(_ text: String) throws -> CSVTable {
    try CSVTable(parsing: text.utf8, path: "a.csv")
  }

  @Test func `hold commas, quotes and line ends inside quotes`() throws {
    let table = try parse("a, b ,c\r\n\"x,1\",\"say \"\"no\"\"\",\"two\r\nlines\"\r\n1,,3\n")
    #expect(table.header == ["a", "b", "c"])
    #expect(table.rows == [["x,1", "say \"no\"", "two\r\nlines"], ["1", "", "3"]])
  }

  @Test(arguments: ["a,b\n1,2", "a,b\r1,2\r", "\u{FEFF}a,b\r\n1,2\r\n", "a,b\n1,2\n\n\n"])
  func `end their lines in any way`(text: String) throws {
    #expect(try parse(text) == CSVTable(header: ["a", "b"], rows: [["1", "2"]]))
  }

  @Test(
    arguments: [
      ("a,b\n1", "row 2: 1 cell "), ("a,b\n1,2\n1,2,3", "row 3: 3 cells"),
      ("a,b\n\"1,2\n", "row 2: a quote is never closed"), ("a,b\n\"1\"x,2", "row 2: text follows"),
      ("a,b\n1\"2,3", "row 2: a quote stands"), ("a,a\n1,2", "column a: the column appears twice"),
      ("a,b;c\n1,2;3", "row 1: the columns may be separated"), ("", "the file is empty"),
      ("\n\n", "is empty"),
      ("a,b\n\0,2", "not UTF-8"),
    ])
  func `that are malformed are refused with their row`(text: String, message: String) throws {
    let error = try #require(throws: CSVError.self) { try parse(text) }
    #expect(error.description.hasPrefix("a.csv") && error.description.contains(message))
  }

  @Test(arguments: [
    ",\n\na,b\n , \n1,2\n,\n", "a,b,,\n1,2\n", "a,b,,\n1,2,,\n", "a,b\n1,2,,\n", "a,,b\n1,,2\n",
    "a;b\n1;2", "a\tb\r\n1\t2\r\n", "sep=;\r\na;b\r\n1;2", "\"sep=,\"\na,b\n1,2",
    "sep=;;\ra;b\r1;2\r",
    "\u{A0}a\u{A0},\u{202F}b\n1,2", "\"a\n\",b\n1,2",
  ])
  func `of spreadsheets are read`(text: String) throws {
    let table = try parse(text)
    #expect(table.header == ["a", "b"] && table.rows == [["1", "2"]])
    for isLittle in [true, false] {
      let bytes = "\u{FEFF}\(text)".utf16.flatMap { unit in
        isLittle
          ? [UInt8(unit & 255), UInt8(unit >> 8)] : [UInt8(unit >> 8), UInt8(unit & 255)]
      }
      #expect(try CSVTable(parsing: bytes, path: "a.csv") == table)
    }
  }

  @Test func `keep the row numbers of the spreadsheet, past blank rows`() throws {
    let table = try parse(",\na,b\n,\n1,2\n\n\"3\n\",4\n5,6\n")
    #expect(table.headerRow == 2 && table.rowNumbers == [4, 6, 7])
    let error = try #require(throws: CSVError.self) { try parse("a,b\n,\n1,2\n3\n") }
    #expect(error.row == 4)
  }

  @Test func `are separated by what the header is, not by a decimal comma`() throws {
    let table = try parse("a;b\n1,5;2,5\n")
    #expect(table.header == ["a", "b"] && table.rows == [["1,5", "2,5"]])
    // Either separator would do, and would make other numbers.
    #expect(throws: CSVError.self) { try parse("a;b (c, d)\n1,5;2\n") }
    #expect(try parse("a,b;c\n1,2\n").header == ["a", "b;c"])
  }

  @Test(arguments: [
    ("a,b,\n1,2,3\n", "row 2, column 3: the cell holds a value, but the column has no name"),
    ("a,,b\n1,5,2\n", "row 2, column 2: the cell holds a value"),
    ("sep=;\na,b\n1;2\n", "row 2: 2 cells where the header has 1"),
  ])
  func `with a value that has no column are refused`(text: String, message: String) throws {
    let error = try #require(throws: CSVError.self) { try parse(text) }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test func `find a column in another spelling, an exact one first`() throws {
    let table = try parse("Patient Name,dice,DICE,given-vol\na,1,2,3\n")
    #expect(table.columns(named: "patient_name") == [0])
    #expect(table.columns(named: "dice") == [1, 2] && table.columns(named: "given_vol") == [3])
    #expect(table.columns(named: "mass").isEmpty)
  }

  @Test func `in Windows-1252 are read, and that it was guessed is said`() throws {
    let text = "Größe,b\nnaïve – “ja”,10 €\n"
    let bytes = text.unicodeScalars.map { scalar -> UInt8 in
      switch scalar {
      case "–": 0x96
      case "“": 0x93
      case "”": 0x94
      case "€": 0x80
      default: UInt8(scalar.value)
      }
    }
    let table = try CSVTable(parsing: bytes, path: "a.csv")
    #expect(table.header == ["Größe", "b"] && table.rows == [["naïve – “ja”", "10 €"]])
    #expect(table.encodingNote?.contains("Windows-1252") == true)
    #expect(try parse(text).rows == table.rows && parse(text).encodingNote == nil)
  }

  @Test(
    arguments: [
      // A letter of UTF-8 beside a stray byte, bytes that Windows-1252 does not know, a binary file.
      [0xC3, 0xA9, 0xE9], [0x81], [0x9D], [0xE9, 0],
    ] as [[UInt8]])
  func `that are neither UTF-8 nor Windows-1252 are refused with their row`(cell: [UInt8]) throws {
    let error = try #require(throws: CSVError.self) {
      try CSVTable(parsing: "a\n1\n".utf8 + cell, path: "a.csv")
    }
    #expect(error.description.contains("row 3: the text is not UTF-8"), "\(error)")
  }

  @Test func `in UTF-16 without a mark are read where every second byte is zero`() throws {
    let expected = try parse("a,b\n1,é\n")
    let units = "a,b\n1,é\n".utf16
    let little = units.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    let big = units.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    #expect(try CSVTable(parsing: little, path: "a.csv") == expected)
    #expect(try CSVTable(parsing: big, path: "a.csv") == expected)
    #expect(throws: CSVError.self) { try CSVTable(parsing: little.dropLast(), path: "a.csv") }
    #expect(throws: CSVError.self) { try CSVTable(parsing: little + [0, 0], path: "a.csv") }
  }

  @Test func `in another encoding are refused`() {
    #expect(throws: CSVError.self) {
      try CSVTable(parsing: [0xFF, 0xFE, 0x61] as [UInt8], path: "a.csv")
    }
  }

  @Test func `are written so that they are read back`() throws {
    var rng = SplitMix64(seed: 3)
    let pieces = ["a", ",", "\"", "\n", "\r\n", " ", "é", "", "1.5", "\t"]
    for _ in 0..<500 {
      let columns = Int.random(in: 2...4, using: &rng)
      let rows = (0..<Int.random(in: 0...4, using: &rng)).map { _ in
        (0..<columns).map { _ in
          (0..<3).map { _ in pieces.randomElement(using: &rng) ?? "" }.joined()
        }
      }
      let table = CSVTable(header: (0..<columns).map { "c\($0)" }, rows: rows)
      #expect(try parse(table.text) == table)
    }
  }

  @Test func `survive any bytes without a crash`() {
    var rng = SplitMix64(seed: 9)
    let bytes: [UInt8] = [0x22, 0x2C, 0x0A, 0x0D, 0x61, 0x00, 0xFF, 0xC3, 0xA9, 0xEF, 0xBB, 0xBF]
    var parsed = 0
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 0...12, using: &rng)).map { _ in
        bytes.randomElement(using: &rng) ?? 0
      }
      if let table = try? CSVTable(parsing: text, path: "a.csv") {
        #expect(table.rows.allSatisfy { $0.count == table.header.count })
        parsed += 1
      }
    }
    #expect(parsed > 0)
  }
}
