// SPDX-License-Identifier: Apache-2.0
import Agatston
import Text

/// A column of `RESULT.csv`: its name, how a cell is read and how it is written.
struct Column: Sendable {
  let name: String
  let isRequired: Bool
  /// Whether its cells are numbers.
  var isScore = false
  /// Puts a cell into a row; returns what is wrong with the cell, if anything.
  let read: @Sendable (String, NumberNotation, inout ResultRow) -> String?
  let write: @Sendable (ResultRow) -> String

  /// Every column, in the order in which they are written.
  static let all: [Column] = {
    var columns = [
      subject, score("given_agatston", \.reference.agatston, isRequired: true),
      score("computed_agatston", \.computed.agatston, isRequired: true),
      score("given_vol", \.reference.volume, isRequired: true),
      score("computed_vol", \.computed.volume, isRequired: true),
    ]
    for artery in Artery.allCases {
      columns.append(score("given_\(artery.abbreviation)", \.reference.arteries[artery]))
      columns.append(score("computed_\(artery.abbreviation)", \.computed.arteries[artery]))
    }
    return columns + [
      score("given_mass", \.reference.mass), score("computed_mass", \.computed.mass),
      score("dice", \.dice, upTo: 1), word("convention", \.convention),
      word("volume_method", \.volumeMethod), word("model", \.model),
      score("computed_low", \.lowEnd), score("computed_high", \.highEnd),
      word("class_probabilities", \.classProbabilities), word("hangs_on", \.hangsOn),
      score("aorta_agatston", \.aorta), score("valve_agatston", \.valve), word("doubts", \.doubts),
    ]
  }()

  /// The columns that every table has.
  static let required = all.filter(\.isRequired)

  private static let subject = Column(
    name: "patient_name", isRequired: true,
    read: { cell, _, row in
      row.subject = cell
      return cell.isEmpty ? "the subject has no name" : nil
    }, write: { $0.subject })

  private static func word(
    _ name: String, _ path: any WritableKeyPath<ResultRow, String?> & Sendable
  ) -> Column {
    Column(
      name: name, isRequired: false,
      read: { cell, _, row in
        row[keyPath: path] = cell.isEmpty ? nil : cell
        return nil
      }, write: { $0[keyPath: path] ?? "" })
  }

  private static func score(
    _ name: String, _ path: any WritableKeyPath<ResultRow, Double?> & Sendable,
    isRequired: Bool = false, upTo limit: Double = .infinity
  ) -> Column {
    Column(
      name: name, isRequired: isRequired, isScore: true,
      read: { cell, notation, row in
        if cell.isEmpty { return nil }
        let value: Double
        switch notation.read(cell) {
        case .number(let number): value = number
        case .ambiguous(let number, let whole):
          return "\"\(cell)\" may be \(shortDecimal(number, decimals: 3)) or "
            + "\(shortDecimal(whole, decimals: 0)); write it with four decimals, or without a "
            + "thousands separator"
        case .none:
          return "\"\(cell)\" is no number; leave the cell empty where a value is missing"
        }
        if value < 0 { return "\(cell) is negative" }
        if value > limit { return "\(cell) is above \(limit)" }
        row[keyPath: path] = value
        return nil
      }, write: { $0[keyPath: path].map { "\($0)" } ?? "" })
  }
}
