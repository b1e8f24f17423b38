// SPDX-License-Identifier: Apache-2.0
public import Agatston
import Files
public import Foundation
public import Spreadsheet
import Text

/// The scores of COCA's non-gated half: `scores.xlsx`, a row for each subject.
///
/// The release's header is `filename ` (with the blank), `LCA`, `LAD`, `LCX`, `RCA`, `total`; LCA,
/// the left coronary artery, is the left main. The scores are Agatston scores of the subject's
/// paired gated scan.
public struct ScoresFile: Sendable {
  /// One row of the file.
  public struct Row: Sendable {
    /// The row's number in Excel, from 1.
    public let number: Int
    /// What the row is called, trimmed; "12A" in the release.
    ///
    /// It is free text, which is never shown as it is.
    public let name: String
    /// The scores of the vessels that can be read; those below 0 too.
    public let vessels: [Artery: Double]
    /// The total that the row states, if it can be read.
    public let total: Double?
    /// What is wrong with single cells.
    let cellFindings: [SubjectAudit.Finding]

    /// The sum of the vessels, or `nil` unless all four are numbers of 0 or more.
    public var sum: Double? {
      guard vessels.count == Artery.allCases.count, vessels.values.allSatisfy({ $0 >= 0 }) else {
        return nil
      }
      // In a fixed order: a dictionary's order changes from run to run.
      return Artery.allCases.reduce(0) { $0 + (vessels[$1] ?? 0) }
    }

    /// The largest difference between a total and the sum of its vessels that is rounding.
    static let tolerance = 0.5

    /// Whether the stated total is not the sum of the vessels.
    var disagrees: Bool {
      guard let total, let sum else { return false }
      // Sums of decimals are off by a few last places.
      return abs(total - sum) > Self.tolerance + 1e-9
    }
  }

  /// The rows that are not empty, in the file's order.
  public let rows: [Row]
  /// What is worth knowing of the file as a whole, but not wrong.
  public let notes: [SubjectAudit.Finding]

  /// The name that the release gives the file.
  public static let usualName = "scores.xlsx"
  /// The header of the release.
  public static let usualHeader =
    ["filename "] + columns.map(\.name) + ["total"]
  /// The columns of the vessels, as the release calls them.
  public static let columns: [(name: String, artery: Artery)] = [
    ("LCA", .leftMain), ("LAD", .leftAnteriorDescending), ("LCX", .leftCircumflex),
    ("RCA", .right),
  ]

  /// Reads the first sheet of a workbook.
  ///
  /// - Throws: `SpreadsheetError` for a file that is no workbook, `FileError` where it cannot be
  ///   read, `COCAError` where a column is missing or appears twice, or there is no row.
  public init(contentsOf url: URL) throws {
    InputFiles.record(url)
    try self.init(Sheet(contentsOf: url), path: url.path)
  }

  /// Reads a sheet; `path` only serves the messages.
  public init(_ sheet: Sheet, path: String) throws(COCAError) {
    func isEmpty(_ cell: Sheet.Cell) -> Bool { Self.text(cell).map(\.isEmpty) ?? false }
    let filled = sheet.rows.enumerated().filter { !$0.element.allSatisfy(isEmpty) }
    let needs = "a table of scores needs filename, LCA, LAD, LCX, RCA and total"
    guard let (_, first) = filled.first else {
      throw COCAError(.scores, path: path, detail: "its first sheet is empty; \(needs)")
    }
    let header = first.map { Self.text($0) ?? "" }
    let names = header.map { Self.trimmed($0).lowercased() }
    var columnIndices: [String: Int] = [:]
    for wanted in Self.usualHeader.map(Self.trimmed) {
      let found = names.indices.filter { names[$0] == wanted.lowercased() }
      guard let index = found.first else {
        throw COCAError(
          .scores, path: path, detail: "its header has no column \(wanted); \(needs)")
      }
      guard found.count == 1 else {
        throw COCAError(
          .scores, path: path,
          detail: "its header has the column \(wanted) twice; keep the right one of the two")
      }
      columnIndices[wanted] = index
    }
    guard filled.count > 1 else {
      throw COCAError(
        .scores, path: path, detail: "has a header, but no row of scores; restore it")
    }
    notes = Self.oddities(of: header)
    let scores = columnIndices.filter { $0.key != "filename" }.values
    let texts = filled.dropFirst().flatMap { _, cells in
      scores.compactMap { index -> String? in
        guard index < cells.count, case .text(let text) = cells[index] else { return nil }
        return Self.trimmed(text)
      }
    }
    let notation = NumberNotation(of: texts, allowsComma: false, assumesPoint: false)
    rows = filled.dropFirst().map { index, cells in
      Self.row(number: index + 1, cells, columnIndices, notation)
    }
  }

  /// No Agatston score is higher: COCA's highest is 5,770.
  ///
  /// What is higher could be a date or a person's number, so it is not shown, either.
  private static let largest = 50_000.0

  private static func row(
    number: Int, _ cells: [Sheet.Cell], _ indices: [String: Int], _ notation: NumberNotation
  ) -> Row {
    func cell(_ column: String) -> Sheet.Cell {
      guard let index = indices[column], index < cells.count else { return .empty }
      return cells[index]
    }
    var findings: [SubjectAudit.Finding] = []
    func value(_ column: String) -> Double? {
      let location = "\(column) of row \(number)"
      var value: Double?
      switch cell(column) {
      case .number(let number, _): value = number
      case .empty:
        findings.append(.init(code: .missingValue, detail: "\(location) is empty"))
      case .text(let text):
        let detail: String
        switch notation.read(trimmed(text)) {
        case .number(let number):
          value = number
          detail = "\(location) holds its number as text; it is read as the number"
        case .ambiguous:
          detail =
            "\(location) holds a text that may be a number with decimals or with a thousands "
            + "separator; it is not read"
        case .none: detail = "\(location) holds a text that is no number; it is not read"
        }
        findings.append(.init(code: .textInNumber, detail: detail))
      case .flag, .error:
        findings.append(
          .init(code: .textInNumber, detail: "\(location) holds no number; it is not read"))
      }
      if let number = value, number < 0 {
        findings.append(
          .init(code: .negativeValue, detail: "\(location) is negative, which no score can be"))
      }
      if let number = value, number > largest {
        findings.append(
          .init(
            code: .implausibleValue,
            detail: "\(location) is above \(Int(largest)), which no score reaches; it is not read"))
        value = nil
      }
      return value
    }
    var vessels: [Artery: Double] = [:]
    for (name, artery) in columns { vessels[artery] = value(name) }
    let total = value("total")
    return Row(
      number: number, name: trimmed(text(cell("filename")) ?? ""), vessels: vessels, total: total,
      cellFindings: findings)
  }

  /// What differs from the header of the release.
  private static func oddities(of header: [String]) -> [SubjectAudit.Finding] {
    let wanted = usualHeader.map(trimmed)
    let trimmedHeader = header.map(trimmed)
    let named = zip(header, trimmedHeader).filter { wanted.contains($0.1) }
    var oddities: [String] = []
    let padded = named.filter { $0.0 != $0.1 }.map(\.1)
    if !padded.isEmpty {
      oddities.append("blanks around \(padded.joined(separator: ", "))")
    }
    let lower = wanted.filter { !trimmedHeader.contains($0) }
    if !lower.isEmpty { oddities.append("another spelling of \(lower.joined(separator: ", "))") }
    let known = trimmedHeader.filter { name in
      wanted.contains { $0.lowercased() == name.lowercased() }
    }
    if known.map({ $0.lowercased() }) != wanted.map({ $0.lowercased() }) {
      oddities.append("another order of the columns")
    }
    let others = trimmedHeader.count { !$0.isEmpty } - known.count
    if others > 0 { oddities.append(counted(others, "more column")) }
    guard !oddities.isEmpty else { return [] }
    return [
      .init(
        code: .oddHeader,
        detail: "the header has \(oddities.joined(separator: ", ")); it is read all the same")
    ]
  }

  /// What a cell says as text; `nil` for what is no name.
  private static func text(_ cell: Sheet.Cell) -> String? {
    switch cell {
    case .empty: ""
    case .text(let text): trimmed(text).isEmpty ? "" : text
    case .number(let value, let digits):
      value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : digits
    case .flag, .error: nil
    }
  }

  private static func trimmed(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespacesAndNewlines.union(["\u{FEFF}", "\u{200B}"]))
  }
}
