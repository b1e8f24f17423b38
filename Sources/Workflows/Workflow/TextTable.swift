// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text filled up with blanks on the right.
  package func padded(to width: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, width - count))
  }

  /// The text filled up with blanks on the left.
  package func rightAligned(to width: Int) -> String {
    String(repeating: " ", count: Swift.max(0, width - count)) + self
  }
}

/// A table for a terminal: the first column left-aligned, the others right-aligned.
///
/// ```swift
/// var table = TextTable(["class", "subjects"])
/// table.add(["0", "12"])
/// print(table.text)
/// ```
package struct TextTable: Sendable {
  private var rows: [[String]]

  /// A table with a header and no rows.
  package init(_ header: [String]) { rows = [header] }

  /// Adds a row; missing cells at its end stay empty.
  package mutating func add(_ row: [String]) { rows.append(row) }

  /// The lines of the table, columns separated by two blanks.
  package var text: String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { c in rows.map { c < $0.count ? $0[c].count : 0 }.max() ?? 0 }
    return rows.map { row in
      row.enumerated().map { c, cell in
        c == 0 ? cell.padded(to: widths[c]) : cell.rightAligned(to: widths[c])
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}
