// SPDX-License-Identifier: Apache-2.0
public import Statistics

/// What the ranges of a table's scores hold of the references.
public struct RangeCoverage: Hashable, Codable, Sendable {
  /// The share of the subjects with a range whose reference lies within it.
  public let held: Proportion
  /// The median width of the ranges, in Agatston units.
  public let medianWidth: Double

  private enum CodingKeys: String, CodingKey {
    case held
    case medianWidth = "median_width"
  }

  /// The coverage of the rows that have a reference and a range; `nil` where none has.
  init?(_ rows: [ResultRow]) {
    var (inside, widths) = (0, [Double]())
    for row in rows {
      guard let reference = row.reference.agatston, let low = row.lowEnd, let high = row.highEnd
      else { continue }
      widths.append(high - low)
      // The file has rounded ends.
      if reference >= low - 1e-9, reference <= high + 1e-9 { inside += 1 }
    }
    guard let held = try? Proportion(inside, of: widths.count),
      let median = try? quantile(widths, 0.5)
    else { return nil }
    (self.held, medianWidth) = (held, median)
  }
}
