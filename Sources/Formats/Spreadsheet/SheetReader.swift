// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation

extension Sheet {
  /// Reads the first sheet of a workbook.
  ///
  /// - Throws: `SpreadsheetError` for a file that is none or is damaged, `FileError` where it cannot
  ///   be read.
  public init(contentsOf url: URL) throws {
    try self.init(data: FileBytes.read(url), path: url.path)
  }

  /// Reads the first sheet of a workbook from its bytes; `path` only serves the messages.
  public init(data: Data, path: String) throws(SpreadsheetError) {
    let archive = try Archive(data, path: path)
    guard let workbook = try archive.part("xl/workbook.xml") else {
      throw SpreadsheetError(
        .notAWorkbook, path: path, detail: "is a zip archive, but no Excel workbook (.xlsx)")
    }
    var target = "worksheets/sheet1.xml"
    let first = try XMLElements.parse(workbook, path: path).first { $0.name == "sheet" }
    if let id = first?.attributes.first(where: { $0.key.hasSuffix("id") && $0.key.contains(":") }),
      let links = try archive.part("xl/_rels/workbook.xml.rels"),
      let link = try XMLElements.parse(links, path: path).first(where: {
        $0.attributes["Id"] == id.value
      })?.attributes["Target"]
    {
      target = link
    }
    let name = target.hasPrefix("/") ? String(target.dropFirst()) : "xl/" + target
    guard let sheet = try archive.part(name) else {
      throw SpreadsheetError(.damaged, path: path, detail: "its sheet \(name) is missing")
    }
    var shared: [String] = []
    if let part = try archive.part("xl/sharedStrings.xml") {
      shared = try SharedTexts.parse(part, path: path)
    }
    rows = try SheetXML.parse(sheet, shared: shared, path: path)
  }
}
