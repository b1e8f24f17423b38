// SPDX-License-Identifier: Apache-2.0
import Files
import Risk
import Text

/// The columns of a table of risk factors: their names, and how their cells are read.
struct RiskColumns {
  private typealias Path<Value> = any (WritableKeyPath<RiskFactors, Value?> & Sendable)

  /// What a column holds.
  private enum Kind: Sendable {
    case number(Path<Double>, factor: Double)
    case flag(Path<Bool>)
    case sex, race, region
  }

  /// The accepted names, without case, blanks and signs; the first is the one that pages show.
  private static let names: [([String], Kind)] = {
    let millimoles = 1 / RiskFactors.millimolesPerMilligram
    return [
      (["age", "age_years"], .number(\.age, factor: 1)),
      (["sex", "gender"], .sex), (["race", "ethnicity"], .race),
      (["region", "risk_region"], .region),
      (
        ["total_cholesterol_mg_dl", "cholesterol_mg_dl", "tc_mg_dl"],
        .number(\.totalCholesterol, factor: 1)
      ),
      (
        ["total_cholesterol_mmol_l", "cholesterol_mmol_l", "tc_mmol_l"],
        .number(\.totalCholesterol, factor: millimoles)
      ),
      (["hdl_mg_dl", "hdl_cholesterol_mg_dl"], .number(\.hdlCholesterol, factor: 1)),
      (["hdl_mmol_l", "hdl_cholesterol_mmol_l"], .number(\.hdlCholesterol, factor: millimoles)),
      (
        ["systolic_mmhg", "systolic_pressure_mmhg", "systolic_pressure", "systolic", "sbp"],
        .number(\.systolicPressure, factor: 1)
      ),
      (
        ["pressure_medication", "bp_medication", "antihypertensive", "bp_med"],
        .flag(\.pressureMedication)
      ),
      (["lipid_medication", "statin", "lipid_med"], .flag(\.lipidMedication)),
      (["diabetes"], .flag(\.diabetes)), (["smoker", "current_smoker"], .flag(\.smoker)),
      (["family_history", "fh_heartattack"], .flag(\.familyHistory)),
      (["bmi", "bmi_kg_m2"], .number(\.bodyMassIndex, factor: 1)),
      (["egfr", "egfr_ml_min_1_73_m2"], .number(\.filtrationRate, factor: 1)),
      (
        ["agatston", "computed_agatston", "agatston_score", "cac", "calcium_score"],
        .number(\.agatston, factor: 1)
      ),
    ]
  }()

  /// The names without their unit, which do not say what their numbers are.
  private static let unitless = [
    "total_cholesterol", "cholesterol", "tc", "hdl", "hdl_cholesterol",
  ]
  /// The names of the column with the subject.
  private static let subjects = ["id", "patient_name", "subject", "patient"]

  /// The column with the subject; `nil` where there is none.
  let subject: Int?
  /// Columns that no model asks for.
  let unknown: [String]
  private let kinds: [(column: Int, kind: Kind)]

  /// The columns of a table.
  ///
  /// - Throws: `RiskTableError` for a column of cholesterol without its unit, and for an input that two
  ///   columns give.
  init(_ header: [String]) throws(RiskTableError) {
    var kinds: [(column: Int, kind: Kind)] = []
    var (subject, unknown): (Int?, [String]) = (nil, [])
    var seen: [String: String] = [:]
    for (column, title) in header.enumerated() {
      let name = Self.normalised(title)
      if Self.unitless.contains(name) {
        throw RiskTableError(
          row: nil, column: title,
          detail: "cholesterol needs its unit: name the column \(name)_mg_dl or \(name)_mmol_l")
      }
      if Self.subjects.contains(name), subject == nil {
        subject = column
      } else if let (names, kind) = Self.names.first(where: { $0.0.contains(name) }) {
        let input = names[0].replacing("_mmol_l", with: "").replacing("_mg_dl", with: "")
        if let other = seen[input] {
          throw RiskTableError(
            row: nil, column: title,
            detail: "gives the same as the column \(other); keep one of them")
        }
        seen[input] = title
        kinds.append((column, kind))
      } else {
        unknown.append(title)
      }
    }
    (self.subject, self.unknown, self.kinds) = (subject, unknown, kinds)
  }

  /// Lower case, with one underscore for what is neither letter nor digit.
  private static func normalised(_ title: String) -> String {
    var name = ""
    for character in title.lowercased() {
      if character.isLetter || character.isNumber {
        name.append(character)
      } else if !name.isEmpty, name.last != "_" {
        name.append("_")
      }
    }
    while name.last == "_" { name.removeLast() }
    return name
  }

  /// The columns of numbers.
  var numberColumns: [Int] {
    kinds.compactMap { if case .number = $0.kind { $0.column } else { nil } }
  }

  /// The factors of a row.
  ///
  /// - Throws: `RiskTableError` that names the cell which cannot be read; empty cells are unknown.
  func factors(
    _ cells: [String], row: Int, header: [String], notation: NumberNotation
  ) throws(RiskTableError) -> RiskFactors {
    var factors = RiskFactors()
    for (column, kind) in kinds {
      let cell = CSVTable.trimmed(cells[column])
      guard !cell.isEmpty, cell.uppercased() != "NA" else { continue }
      func wrong(_ detail: String) -> RiskTableError {
        RiskTableError(row: row, column: header[column], detail: detail)
      }
      switch kind {
      case .number(let path, let factor):
        switch notation.read(cell) {
        case .number(let number): factors[keyPath: path] = number * factor
        case .ambiguous, .none:
          throw wrong("\"\(cell)\" is no number that can be read in one way only")
        }
      case .flag(let path):
        guard let flag = Self.flag(cell) else {
          throw wrong("\"\(cell)\" is neither yes nor no (also y, n, true, false, 1, 0)")
        }
        factors[keyPath: path] = flag
      case .sex:
        guard let sex = Self.sex(cell) else {
          throw wrong("\"\(cell)\" is neither female nor male (also f, m)")
        }
        factors.sex = sex
      case .race:
        guard let race = Self.race(cell) else {
          throw wrong("\"\(cell)\" is not white, black, hispanic or chinese; empty for others")
        }
        factors.race = race
      case .region:
        guard let region = RiskFactors.Region(rawValue: Self.word(cell)) else {
          throw wrong("\"\(cell)\" is not low, moderate, high or very-high")
        }
        factors.region = region
      }
    }
    return factors
  }

  private static func word(_ cell: String) -> String {
    cell.lowercased().replacing(" ", with: "-").replacing("_", with: "-")
  }

  static func flag(_ cell: String) -> Bool? {
    switch cell.lowercased() {
    case "yes", "y", "true", "1", "1.0": true
    case "no", "n", "false", "0", "0.0": false
    default: nil
    }
  }

  static func sex(_ cell: String) -> RiskFactors.Sex? {
    switch cell.lowercased() {
    case "female", "f", "woman": .female
    case "male", "m", "man": .male
    default: nil
    }
  }

  static func race(_ cell: String) -> RiskFactors.Race? {
    switch word(cell) {
    case "white": .white
    case "black", "african-american", "black-or-african-american": .black
    case "hispanic": .hispanic
    case "chinese", "chinese-american": .chinese
    default: nil
    }
  }
}

/// What is wrong with a table of risk factors: where, and what to do.
struct RiskTableError: Error, CustomStringConvertible {
  /// The row as a spreadsheet counts it; `nil` for the header.
  let row: Int?
  let column: String
  let detail: String

  /// Where and what.
  var description: String { (row.map { "row \($0), " } ?? "") + "column \(column): \(detail)" }
}
