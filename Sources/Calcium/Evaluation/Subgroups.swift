// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Files
import Statistics

/// A table of facts about subjects, by column; the key is `patient_name`.
public struct SubjectTable: Sendable {
  private let path: String
  private let csv: CSVTable
  private var subjects: [String]

  /// Reads a table from CSV bytes; `path` is for errors only.
  ///
  /// Throws `EvaluationError` where the table is no CSV, has no column `patient_name` or no row, or
  /// names a subject twice.
  public init(parsing bytes: some Sequence<UInt8>, path: String) throws(EvaluationError) {
    csv = try CSVTable.read(bytes, path: path)
    self.path = path
    guard let key = try csv.column("patient_name", path: path) else {
      throw EvaluationError(
        .column, path: path, row: csv.headerRow, column: "patient_name",
        detail: "the column is missing; it says whom a row is about")
    }
    if csv.rows.isEmpty {
      throw EvaluationError(.empty, path: path, detail: "the table has a header but no subject")
    }
    subjects = csv.rows.map { CSVTable.trimmed($0[key]) }
    var rows: [String: Int] = [:]
    for (number, subject) in zip(csv.rowNumbers, subjects) {
      if let earlier = rows.updateValue(number, forKey: subject) {
        throw EvaluationError(
          .duplicate, path: path, row: number, column: "patient_name",
          detail: "\"\(subject)\" is in row \(earlier) already")
      }
    }
  }

  /// Reads a table from a file.
  ///
  /// Throws `FileError` where the file cannot be read, `EvaluationError` as `init(parsing:path:)`.
  public init(contentsOf url: URL) throws {
    InputFiles.record(url)
    try self.init(parsing: FileBytes.read(url), path: url.path)
  }

  /// That the encoding of the file was guessed, as a sentence about it; `nil` where it was not.
  public var encodingNote: String? { csv.encodingNote }

  /// Calls subjects as others call them, whose ids have kept the zeros that a spreadsheet dropped, or
  /// the other way round; returns a sentence about it, or `nil` where nothing changed.
  ///
  /// Throws `EvaluationError` `.mismatch` where an id may be two.
  public mutating func respell(like others: [String]) throws(EvaluationError) -> String? {
    let (names, note) = try respelling(of: subjects, like: others, path: path)
    subjects = subjects.map { names[$0] ?? $0 }
    return note
  }

  /// The most values that a column of groups has.
  static let groupLimit = 20

  /// Each subject's value in a column.
  ///
  /// Throws `EvaluationError` `.column` for a column that is not there or has more than 20 values.
  public func groups(by column: String) throws(EvaluationError) -> [String: String] {
    var index = csv.header.firstIndex(of: column)
    if index == nil { index = try csv.column(column, path: path) }
    guard let index else {
      throw EvaluationError(
        .column, path: path, row: csv.headerRow, column: column,
        detail: "the column is missing; there are " + csv.header.joined(separator: ", "))
    }
    var groups: [String: String] = [:]
    for (subject, row) in zip(subjects, csv.rows) { groups[subject] = CSVTable.trimmed(row[index]) }
    let values = Set(groups.values).count
    guard values <= Self.groupLimit else {
      throw EvaluationError(
        .column, path: path, column: column,
        detail: "\(values) different values are no groups; give a column with at most "
          + "\(Self.groupLimit), for example with bands in place of numbers")
    }
    return groups
  }
}

/// The metrics of the subjects that share a value of a column.
public struct Subgroup: Hashable, Codable, Sendable {
  /// The value; empty where the table's cell is.
  public let value: String
  /// The number of subjects.
  public let count: Int
  /// The metrics with their intervals, or why there is none.
  public let metrics: ResampledMetrics

  private enum CodingKeys: String, CodingKey {
    case value, metrics
    case count = "n"
  }
}

/// Subgroups by a column.
public struct Subgroups: Hashable, Codable, Sendable {
  /// The column.
  public let column: String
  /// The groups, by value.
  public let groups: [Subgroup]
  /// Subjects that the table does not hold, and so no group.
  public let unlisted: [String]

  /// Resamples each group of subjects for itself.
  init(
    column: String, values: [String: String], rows: [HeldOutRow], _ options: BootstrapOptions
  ) async {
    self.column = column
    unlisted = rows.map(\.subject).filter { values[$0] == nil }
    let parts = Dictionary(grouping: rows.filter { values[$0.subject] != nil }) {
      values[$0.subject] ?? ""
    }
    var groups: [Subgroup] = []
    for (value, rows) in parts.sorted(by: { order($0.key, $1.key) }) {
      groups.append(
        Subgroup(
          value: value, count: rows.count, metrics: await resampledMetrics(of: rows, options)))
    }
    self.groups = groups
  }
}

/// Numbers by their size, before words by their letters.
private func order(_ a: String, _ b: String) -> Bool {
  switch (Double(a), Double(b)) {
  case (let x?, let y?): x == y ? a < b : x < y
  case (.some, nil): true
  case (nil, .some): false
  case (nil, nil): a < b
  }
}
