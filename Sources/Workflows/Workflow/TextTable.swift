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
package struct TextTable: Sendable {
  private var rows: [[String]]

  package init(_ header: [String]) { rows = [header] }

  package mutating func add(_ row: [String]) { rows.append(row) }

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

/// A number with a fixed number of decimals, without Foundation's slow formatters.
package func decimal(_ value: Double, _ decimals: Int = 1) -> String {
  guard value.isFinite else { return "–" }
  let scale = (0..<decimals).reduce(1.0) { power, _ in power * 10 }
  let rounded = (abs(value) * scale).rounded()
  guard rounded < 1e15 else { return "\(value)" }
  let digits = "\(Int(rounded))".leftPadded(to: decimals + 1)
  let sign = value < 0 && rounded > 0 ? "-" : ""
  return decimals == 0
    ? sign + digits : sign + digits.dropLast(decimals) + "." + digits.suffix(decimals)
}

/// A number of bytes in gigabytes, for a sentence: one decimal, below 0.1 GB three.
package func gigabytes(_ bytes: Double) -> String {
  bytes < 1e8 ? "\((bytes / 1e6).rounded() / 1e3) GB" : "\((bytes / 1e8).rounded() / 10) GB"
}

extension String {
  fileprivate func leftPadded(to width: Int) -> String {
    String(repeating: "0", count: Swift.max(0, width - count)) + self
  }
}
