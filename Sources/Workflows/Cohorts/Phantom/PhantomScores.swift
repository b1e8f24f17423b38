// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import COCA
import Foundation
import Phantom
import Spreadsheet

/// The scores of a synthetic non-gated cohort, as `scores.xlsx` holds them.
struct PhantomScores: Sendable {
  /// The sheet with its header.
  private(set) var sheet = Sheet(rows: [ScoresFile.usualHeader.map { .text($0) }])

  /// The scores of a subject's paired gated scan, which is where COCA's come from.
  ///
  /// It shows the same plaques, but at rest and on thin slices: a score of the chest CT differs
  /// from it as it does in reality. Whole numbers and decimals are mixed, as they are in COCA.
  static func pairedScan(
    id: Int, options: PhantomOptions, atlas: BodyAtlas?
  ) async throws -> [Artery: Double] {
    var gated = options
    gated.scanProtocol = .gated
    // A number of slices below the protocol's is meant to save time, so it holds here, too.
    gated.slices = options.slices.flatMap {
      $0 < PhantomProtocol.gated.slices.lowerBound ? $0 : nil
    }
    let scan = try await phantomSubject(id: id, options: gated, atlas: atlas)
    let score = try Agatston.score(
      ct: scan.ct, mask: scan.labels, options: .init(labels: .arteries, kilovoltage: 120))
    return Dictionary(
      uniqueKeysWithValues: Artery.allCases.map { artery in
        let value = score.arteries?[artery]?.agatston ?? 0
        return (artery, id % 4 == 3 ? value.rounded() : tenths(value))
      })
  }

  /// Adds the row of a subject, or the rows.
  mutating func add(_ id: Int, _ vessels: [Artery: Double], _ anomaly: NonGatedAnomaly?) {
    if anomaly?.hasScores == false { return }
    var values = ScoresFile.columns.map { vessels[$0.artery] ?? 0 }
    var total = Self.tenths(values.reduce(0, +))
    switch anomaly {
    case .totalMismatch: total += 7.5
    case .zeroTotal:
      values[1] += 12.5
      total = 0
    case .negativeValue: values[2] = -12.5
    default: break
    }
    var cells = [Sheet.Cell.text("\(id)A")] + values.map(Self.number) + [Self.number(total)]
    switch anomaly {
    case .numberAsText: cells[2] = .text("\(values[1])")
    case .word: cells[3] = .text("n/a")
    case .missingValue: cells[4] = .empty
    default: break
    }
    sheet.rows.append(cells)
    if anomaly == .doubledRow {
      cells[1] = Self.number(values[0] + 4)
      cells[5] = Self.number(total + 4)
      sheet.rows.append(cells)
    }
  }

  /// Adds a row whose id is not a number with a letter; returns the name that an audit gives the
  /// row.
  mutating func addOddRow() -> String {
    sheet.rows.append([.text("P-7")] + Array(repeating: Self.number(0), count: 5))
    return "row \(sheet.rows.count)"
  }

  private static func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }

  private static func number(_ value: Double) -> Sheet.Cell { .number(value, digits: "\(value)") }
}
