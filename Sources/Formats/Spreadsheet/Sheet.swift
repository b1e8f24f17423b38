// SPDX-License-Identifier: Apache-2.0
@_exported public import Errors

/// The first sheet of an Excel workbook (`.xlsx`): values, no formats and no formulas.
public struct Sheet: Hashable, Sendable {
  /// What stands in a cell.
  public enum Cell: Hashable, Sendable {
    /// Nothing.
    case empty
    /// A number, with the digits as the file writes them: "12" and "12.0" differ there.
    case number(Double, digits: String)
    /// A text, blanks kept.
    case text(String)
    /// A truth value.
    case flag(Bool)
    /// What a formula came to that has no value, for example "#DIV/0!".
    case error(String)
  }

  /// The rows from the first one; each reaches to its last cell.
  public var rows: [[Cell]]

  /// A sheet of rows.
  public init(rows: [[Cell]]) { self.rows = rows }

  /// The largest number of cells that is read or written.
  static let largest = 4_000_000
}

/// A workbook cannot be read or written.
public struct SpreadsheetError: SubjectError, Sendable {
  /// What kind of failure it was.
  public enum Code: Sendable {
    /// The file is no zip archive or no workbook.
    case notAWorkbook
    /// A part of the workbook is missing or broken.
    case damaged
    /// The workbook is larger than any that this project meets.
    case tooLarge
    /// It cannot be written.
    case cannotWrite
  }

  /// What kind of failure it was.
  public let code: Code
  /// The file.
  public let path: String
  /// What was wrong and what to do.
  public let detail: String

  init(_ code: Code, path: String, detail: String) {
    self.code = code
    self.path = path
    self.detail = detail
  }

  /// The path.
  public var subject: String { path }
}
