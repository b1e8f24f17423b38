// SPDX-License-Identifier: Apache-2.0
import Files

/// A table of results, or a comparison, that cannot be used.
public struct EvaluationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of fault it is.
  public enum Code: Sendable {
    /// The text is no CSV.
    case malformed
    /// A column is missing or appears twice.
    case column
    /// A cell holds what its column cannot.
    case value
    /// Two rows are about the same subject.
    case duplicate
    /// There is no row to use.
    case empty
    /// Two things that are compared do not belong together.
    case mismatch
  }

  /// What kind of fault it is.
  public let code: Code
  /// The file, or what else was compared.
  public let path: String
  /// The row as a spreadsheet counts it, the header being row 1.
  public let row: Int?
  /// The column's name.
  public let column: String?
  /// What was wrong and what to do.
  public let detail: String

  /// An error about a file, a row and a column.
  public init(
    _ code: Code, path: String, row: Int? = nil, column: String? = nil, detail: String
  ) {
    self.code = code
    self.path = path
    self.row = row
    self.column = column
    self.detail = detail
  }

  /// The cell and the sentence about it.
  public var description: String {
    "\(CSVError.location(path: path, row: row, column: column)): \(detail)"
  }

  /// The fault of a table that is no proper CSV.
  init(_ error: CSVError) {
    let code: Code =
      switch error.code {
      case .malformed: .malformed
      case .column: .column
      case .empty: .empty
      }
    self.init(code, path: error.path, row: error.row, column: error.column, detail: error.detail)
  }
}
