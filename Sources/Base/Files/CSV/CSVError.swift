// SPDX-License-Identifier: Apache-2.0

/// A text is no table of comma-separated values, or a table lacks what is asked of it.
public struct CSVError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of fault it is.
  public enum Code: Sendable {
    /// The text is no CSV.
    case malformed
    /// A column appears twice.
    case column
    /// There is no header.
    case empty
  }

  /// What kind of fault it is.
  public let code: Code
  /// The file.
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
    "\(Self.location(path: path, row: row, column: column)): \(detail)"
  }

  /// A cell as messages name it: "a.csv, row 2, column id".
  public static func location(path: String, row: Int?, column: String?) -> String {
    [path, row.map { "row \($0)" }, column.map { "column \($0)" }]
      .compactMap(\.self).joined(separator: ", ")
  }
}
