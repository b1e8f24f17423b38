// SPDX-License-Identifier: Apache-2.0
import Text

extension Plot {
  /// A confusion matrix: rows are reference classes, columns computed ones.
  ///
  /// Each cell shows its count and its share of the row, and is shaded by the share: one hue from
  /// light to dark, so that it reads in grey. Empty cells show no share.
  public static func confusionMatrix(
    _ counts: [[Int]], classes: [String], title: String = "", notes: [String] = []
  ) throws(FigureError) -> Plot {
    guard counts.count == classes.count, counts.allSatisfy({ $0.count == classes.count }) else {
      throw FigureError(
        .input, subject: "confusion matrix",
        detail:
          "\(counted(counts.count, "row")) of \(listed(counts.map(\.count))) cells for \(classes.count) "
          + "classes; give a square of one row and column for each class")
    }
    guard counts.allSatisfy({ $0.allSatisfy { (0...1_000_000_000).contains($0) } }) else {
      throw FigureError(
        .input, subject: "confusion matrix", detail: "a count is negative or above 10⁹")
    }
    let totals = counts.map { $0.reduce(0, +) }
    let cells = zip(counts, totals).map { row, total in
      row.map { count in
        let share = total > 0 ? Double(count) / Double(total) : 0
        return Cell(
          shade: share * 0.9, text: NumberFormat.text(Double(count)),
          detail: count > 0 ? "\(NumberFormat.text(share * 100)) %" : "")
      }
    }
    func wrapped(_ name: String) -> String {
      name.count > 10 ? name.replacing(" ", with: "\n") : name
    }
    let agreeing = counts.indices.reduce(0) { $0 + counts[$1][$1] }
    let all = totals.reduce(0, +)
    return Plot(
      title: title,
      summary:
        "Confusion matrix of \(counted(classes.count, "class", "classes")): \(agreeing) of \(counted(all, "subject")) in "
        + "the same class"
        + (notes.isEmpty ? "." : "; " + notes.joined(separator: ", ") + "."),
      width: 440, height: title.isEmpty ? 405 : 424,
      x: Axis(
        "Computed class" + (notes.isEmpty ? "" : "     (" + notes.joined(separator: ", ") + ")"),
        padding: 0,
        ticks: classes.enumerated().map { Tick(Double($0), wrapped($1)) }, hasGrid: false),
      y: Axis(
        "Reference class", padding: 0,
        ticks: classes.enumerated().map { i, name in
          Tick(Double(i), wrapped(name) + "\nn = \(NumberFormat.text(Double(totals[i])))")
        },
        isReversed: true, hasGrid: false),
      series: [Series(.cells(cells))], isSquare: true)
  }
}
