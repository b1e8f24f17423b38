// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Spreadsheet
import TestSupport
import Testing
import Zip

@Suite struct `A workbook` {
  private static let sheet = Sheet(rows: [
    [.text("filename "), .text("LCA"), .text("a <b> & \"c\" – ü")], [],
    [.text("1A"), .number(12, digits: "12"), .number(12.5, digits: "12.5")],
    [.empty, .empty, .flag(true), .number(-1e-7, digits: "-1e-07")],
  ])

  /// A zip archive of texts.
  private func archive(_ parts: [String: String]) throws -> Data {
    let folder = try TemporaryFolder()
    let url = folder.file("a.zip")
    var zip = ZipWriter(compresses: true)
    for (name, text) in parts.sorted(by: { $0.key < $1.key }) {
      try zip.add(name, Array(text.utf8))
    }
    try zip.write(to: url)
    return try Data(contentsOf: url)
  }

  private func parts(_ sheet: String, shared: String? = nil) -> [String: String] {
    var parts = [
      "xl/workbook.xml": #"<workbook><sheets><sheet name="x" r:id="rId7"/></sheets></workbook>"#,
      "xl/_rels/workbook.xml.rels":
        #"<Relationships><Relationship Id="rId7" Target="/xl/worksheets/odd.xml"/></Relationships>"#,
      "xl/worksheets/odd.xml": sheet,
    ]
    parts["xl/sharedStrings.xml"] = shared
    return parts
  }

  private func rows(_ sheet: String, shared: String? = nil) throws -> [[Sheet.Cell]] {
    try Sheet(data: archive(parts(sheet, shared: shared)), path: "x.xlsx").rows
  }

  @Test func `comes back as it was written, and the same cells give the same bytes`() throws {
    let folder = try TemporaryFolder()
    try Self.sheet.write(to: folder.file("a.xlsx"))
    try Self.sheet.write(to: folder.file("b.xlsx"))
    let back = try Sheet(contentsOf: folder.file("a.xlsx"))
    #expect(back.rows.count == 4)
    #expect(back.rows[0] == Self.sheet.rows[0])
    #expect(back.rows[1] == [])
    #expect(back.rows[2] == Self.sheet.rows[2])
    guard case .number(let small, _) = back.rows[3][3] else {
      Issue.record("\(back.rows[3])")
      return
    }
    #expect(back.rows[3][2] == .flag(true) && abs(small + 1e-7) < 1e-12)
    #expect(
      try Data(contentsOf: folder.file("a.xlsx")) == Data(contentsOf: folder.file("b.xlsx")))
    #expect(folder.allNames == ["a.xlsx", "b.xlsx"])
  }

  @Test func `of another program is read: prefixes, inline and shared texts, sparse cells`() throws
  {
    let sheet = """
      <x:worksheet xmlns:x="u"><x:sheetData><x:row r="2"><x:c r="C2" t="s"><x:v>1</x:v></x:c>
      <x:c t="inlineStr"><x:is><x:r><x:t>in</x:t></x:r><x:r><x:t>line</x:t></x:r></x:is></x:c>
      <x:c r="G2" t="e"><x:v>#N/A</x:v></x:c></x:row>
      <x:row r="3"><x:c><x:f>1+1</x:f><x:v>2</x:v></x:c><x:c t="s"><x:v>99</x:v></x:c></x:row>
      </x:sheetData></x:worksheet>
      """
    let shared =
      "<sst><si><t>a</t></si><si><r><t>b </t></r><r><t>c</t></r><rPh><t>no</t></rPh></si></sst>"
    #expect(
      try rows(sheet, shared: shared) == [
        [], [.empty, .empty, .text("b c"), .text("inline"), .empty, .empty, .error("#N/A")],
        [.number(2, digits: "2")],
      ])
  }

  @Test(arguments: [
    "<worksheet><row r=\"1\"><c r=\"A1\"><v>1</v></c>",
    "<worksheet><row r=\"99999999\"><c><v>1</v></c></row></worksheet>",
    "<worksheet><row><c r=\"ZZZZZZZZZZZZ1\"><v>1</v></c></row></worksheet>",
    "<worksheet><row><c r=\"A99999999999999999999\"><v>1</v></c></row></worksheet>",
    "<!DOCTYPE x [<!ENTITY a \"b\">]><worksheet><row><c><v>&a;</v></c></row></worksheet>",
    "", "no XML at all",
  ])
  func `that is broken is one sentence`(sheet: String) throws {
    let error = #expect(throws: SpreadsheetError.self) { try rows(sheet) }
    #expect(error?.description.hasPrefix("x.xlsx: ") == true)
    #expect(error?.description.contains("\n") == false)
  }

  @Test func `that is none is named as such`() throws {
    for data in [Data(), Data("PK\u{3}\u{4}".utf8), Data(count: 4096)] {
      #expect(throws: SpreadsheetError.self) { try Sheet(data: data, path: "x.xlsx") }
    }
    let other = try archive(["word/document.xml": "<x/>"])
    let error = #expect(throws: SpreadsheetError.self) { try Sheet(data: other, path: "x.xlsx") }
    #expect(error?.code == .notAWorkbook)
  }

  @Test func `with any byte changed or cut is read or refused, never more`() throws {
    let folder = try TemporaryFolder()
    try Self.sheet.write(to: folder.file("a.xlsx"))
    let whole = try Data(contentsOf: folder.file("a.xlsx"))
    var random = SplitMix64(seed: 5)
    for _ in 0..<400 {
      var data = whole
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        data[Int.random(in: 0..<data.count, using: &random)] = .random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) {
        data = data.prefix(.random(in: 0..<whole.count, using: &random))
      }
      do { _ = try Sheet(data: data, path: "x.xlsx") } catch { #expect(error.path == "x.xlsx") }
    }
  }

  @Test(.enabled(if: MountedFolder.isPossible, "mounting file systems needs root"))
  func `on a disk that is full leaves nothing behind`() throws {
    let disk = try MountedFolder(options: "size=8k")
    try Data(count: 8192).write(to: disk.url.appendingPathComponent("ballast"))
    #expect(throws: SpreadsheetError.self) {
      try Self.sheet.write(to: disk.url.appendingPathComponent("a.xlsx"))
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.url.path) == ["ballast"])
  }
}
