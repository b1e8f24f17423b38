// SPDX-License-Identifier: Apache-2.0
import Files
import Text

extension ResultTable {
  /// A sentence about the columns of the file that no result comes from; `nil` without any.
  ///
  /// Without it a misspelt column would be passed over in silence. A column whose name is nearly
  /// that of one the table lacks is named beside it. `used` are columns that something else reads,
  /// groups of subjects for example.
  public func unknownColumnWarning(besides used: [String] = []) -> String? {
    let keys = Set(used.map(CSVTable.key))
    let names = unknownColumns.filter { !keys.contains(CSVTable.key($0)) }
    guard !names.isEmpty else { return nil }
    let absent = Column.all.filter { column in rows.allSatisfy { column.write($0).isEmpty } }
      .map(\.name)
    let list = names.map { name in
      let shown = "\"\(name.shown())\""
      return closest(to: name, among: absent).map { "\(shown) (did you mean \($0)?)" } ?? shown
    }
    return "not used, because this program does not know "
      + (names.count == 1 ? "the column: " : "the columns: ") + shortList(list)
  }
}

/// The name that differs from a given one in at most a quarter of its letters, and in the fewest.
private func closest(to name: String, among names: [String]) -> String? {
  let limit = max(1, name.count / 4)
  return names.map { (name: $0, distance: editDistance($0, name)) }
    .filter { $0.distance <= limit }
    .min { $0.distance < $1.distance }?.name
}

/// How many letters have to be put in, left out, replaced or exchanged with their neighbour to make
/// one name of another, whatever their case (Damerau 1964, each letter touched once).
private func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a.lowercased()), Array(b.lowercased()))
  var rows = [Array(0...b.count)]
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var least = min(rows[i][j] + (a[i] == b[j] ? 0 : 1), rows[i][j + 1] + 1, row[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
        least = min(least, rows[i - 1][j - 1] + 1)
      }
      row.append(least)
    }
    rows.append(row)
  }
  return rows[a.count][b.count]
}
