// SPDX-License-Identifier: Apache-2.0

/// A table, one of its rows or one of its cells cannot be used.
///
/// ```swift
/// let error = CSVError(.column, path: "a.csv", row: 1, column: "id", detail: "appears twice")
/// print(error)  // a.csv, row 1, column id: appears twice
/// ```
public struct TableError<Code: Hashable & Sendable>: Error, Hashable, Sendable,
  CustomStringConvertible
{
  /// What kind of fault it is.
  public let code: Code
  /// The file, or what else is concerned.
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

  /// The cell and the sentence about it, as in "a.csv, row 2, column id: is empty".
  public var description: String {
    let location = [path, row.map { "row \($0)" }, column.map { "column \($0)" }]
    return location.compactMap(\.self).joined(separator: ", ") + ": \(detail)"
  }
}

/// A text is no table of comma-separated values, or a table lacks what is asked of it.
public typealias CSVError = TableError<CSVFault>

/// What can be wrong with a text as a table of comma-separated values.
public enum CSVFault: Sendable {
  /// The text is no CSV.
  case malformed
  /// A column appears twice.
  case column
  /// There is no header.
  case empty
}
