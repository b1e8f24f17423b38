// SPDX-License-Identifier: Apache-2.0
import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What the parts of a workbook have in common: XML without declarations of entities.
class WorkbookXML: NSObject, XMLParserDelegate {
  /// Why the reading was ended early.
  var objection: String?
  /// How many elements are open, and whether there was any: Foundation's parser takes XML that ends
  /// too early for whole.
  private var depth = 0
  private var isBegun = false

  /// Reads a part to its end.
  func read(_ data: Data, path: String) throws(SpreadsheetError) {
    // Entities could expand without end; two-byte encodings could hide them. No workbook has either.
    guard data.range(of: Data("<!DOCTYPE".utf8)) == nil, !data.contains(0) else {
      throw SpreadsheetError(
        .damaged, path: path, detail: "its XML declares what no workbook does; it is not read")
    }
    let parser = XMLParser(data: data)
    parser.delegate = self
    let done = parser.parse()
    if let objection { throw SpreadsheetError(.tooLarge, path: path, detail: objection) }
    guard done, isBegun, depth == 0 else {
      throw SpreadsheetError(
        .damaged, path: path,
        detail: "its XML is broken near line \(parser.lineNumber); restore it from the release")
    }
  }

  /// An element begins.
  func begin(_ name: String, _ attributes: [String: String]) {}
  /// An element ends.
  func end(_ name: String) {}
  /// Text within an element.
  func text(_ text: String) {}

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    depth += 1
    isBegun = true
    begin(Self.local(name), attributes)
    if objection != nil { parser.abortParsing() }
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    depth -= 1
    end(Self.local(name))
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) { text(string) }

  func parser(_ parser: XMLParser, foundCDATA block: Data) {
    text(String(decoding: block, as: UTF8.self))
  }

  /// Some programs write a prefix before every name.
  private static func local(_ name: String) -> String {
    name.split(separator: ":").last.map(String.init) ?? name
  }
}

/// The elements of a part in their order, for parts of which only attributes matter.
final class XMLElements: WorkbookXML {
  private var found: [(name: String, attributes: [String: String])] = []

  static func parse(_ data: Data, path: String) throws(SpreadsheetError)
    -> [(name: String, attributes: [String: String])]
  {
    let reader = XMLElements()
    try reader.read(data, path: path)
    return reader.found
  }

  override func begin(_ name: String, _ attributes: [String: String]) {
    found.append((name, attributes))
  }
}

/// The texts that cells refer to by number.
final class SharedTexts: WorkbookXML {
  private var texts: [String] = []
  private var isInText = false
  private var isPhonetic = false

  static func parse(_ data: Data, path: String) throws(SpreadsheetError) -> [String] {
    let reader = SharedTexts()
    try reader.read(data, path: path)
    return reader.texts
  }

  override func begin(_ name: String, _ attributes: [String: String]) {
    switch name {
    case "si": texts.append("")
    case "rPh": isPhonetic = true
    case "t": isInText = !isPhonetic
    default: break
    }
  }

  override func end(_ name: String) {
    if name == "t" { isInText = false }
    if name == "rPh" { isPhonetic = false }
  }

  override func text(_ text: String) {
    if isInText, !texts.isEmpty { texts[texts.count - 1] += text }
  }
}

/// The rows of a sheet.
final class SheetXML: WorkbookXML {
  private let shared: [String]
  private var rows: [[Sheet.Cell]] = []
  private var row = 0
  private var column = 0
  private var type = ""
  private var value = ""
  private var isInValue = false
  private var count = 0

  private init(shared: [String]) { self.shared = shared }

  static func parse(_ data: Data, shared: [String], path: String) throws(SpreadsheetError)
    -> [[Sheet.Cell]]
  {
    let reader = SheetXML(shared: shared)
    try reader.read(data, path: path)
    return reader.rows
  }

  override func begin(_ name: String, _ attributes: [String: String]) {
    switch name {
    case "row":
      row = attributes["r"].flatMap { Int($0) } ?? row + 1
      column = 0
      if !(1...1_048_576).contains(row) {
        objection = "its sheet has a row \(row), which Excel has not"
      }
    case "c":
      moveTo(attributes["r"])
      type = attributes["t"] ?? "n"
      value = ""
    case "v", "t": isInValue = true
    default: break
    }
  }

  /// Takes column and row of a cell's name ("C12"), or the next column where it has none.
  private func moveTo(_ name: String?) {
    column += 1
    guard let name else { return }
    let letters = name.prefix { $0.isLetter && $0.isASCII }
    var number = 0
    for letter in letters.uppercased().utf8 where number < 20_000 {
      number = number * 26 + Int(letter) - 64
    }
    guard (1...16_384).contains(number), let line = Int(name.dropFirst(letters.count)),
      (1...1_048_576).contains(line)
    else {
      objection = "its sheet has a cell \(name.prefix(20)), which Excel has not"
      return
    }
    (column, row) = (number, line)
  }

  override func end(_ name: String) {
    if name == "v" || name == "t" { isInValue = false }
    guard name == "c", objection == nil else { return }
    let cell = cell()
    if cell == .empty { return }
    while rows.count < row { rows.append([]) }
    let missing = column - rows[row - 1].count
    if missing > 0 {
      count += missing
      if count > Sheet.largest {
        objection = "its sheet has more than \(Sheet.largest) cells; it is no table of scores"
        return
      }
      rows[row - 1] += Array(repeating: .empty, count: missing)
    }
    rows[row - 1][column - 1] = cell
  }

  override func text(_ text: String) {
    if isInValue { value += text }
  }

  private func cell() -> Sheet.Cell {
    switch type {
    case "s":
      guard let index = Int(value), shared.indices.contains(index) else { return .empty }
      return .text(shared[index])
    case "str", "inlineStr": return value.isEmpty ? .empty : .text(value)
    case "b": return .flag(value == "1")
    case "e": return .error(value)
    default:
      if value.isEmpty { return .empty }
      guard let number = Double(value), number.isFinite else { return .text(value) }
      return .number(number, digits: value)
    }
  }
}
