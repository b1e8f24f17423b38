// SPDX-License-Identifier: Apache-2.0
public import Agatston
public import Foundation
public import Files
import Text

/// The scores of one subject from one source; what is unknown is `nil` or absent.
public struct SubjectScores: Hashable, Sendable {
  /// The Agatston score.
  public var agatston: Double?
  /// The volume in mm³.
  public var volume: Double?
  /// The mass in mg.
  public var mass: Double?
  /// The Agatston scores of the arteries.
  public var arteries: [Artery: Double]

  /// Scores of one subject.
  public init(
    agatston: Double? = nil, volume: Double? = nil, mass: Double? = nil,
    arteries: [Artery: Double] = [:]
  ) {
    self.agatston = agatston
    self.volume = volume
    self.mass = mass
    self.arteries = arteries
  }
}

/// One subject of a result table.
public struct ResultRow: Hashable, Sendable {
  /// The subject's name in the data set; never a patient's.
  public var subject: String
  /// The reference scores ("given" in the file).
  public var reference: SubjectScores
  /// The computed scores.
  public var computed: SubjectScores
  /// The Dice coefficient of the masks, 0 to 1.
  public var dice: Double?
  /// The name of the convention that computed the scores.
  public var convention: String?
  /// How volumes were counted, for example "voxel".
  public var volumeMethod: String?
  /// The model that made the mask, with its version and the first digits of its sum.
  public var model: String?
  /// The lower end of the computed Agatston score's range.
  public var lowEnd: Double?
  /// The upper end of the computed Agatston score's range.
  public var highEnd: Double?
  /// The probability of each class of the computed score, as text.
  public var classProbabilities: String?
  /// The lesions that the computed score hangs on, as text.
  public var hangsOn: String?
  /// The Agatston score of the aorta's calcium, which is in no total.
  public var aorta: Double?
  /// The Agatston score of the valves' calcium, which is in no total.
  public var valve: Double?
  /// Why the computed score is to be doubted, sentences.
  public var doubts: String?

  /// A row of a result table.
  public init(
    subject: String, reference: SubjectScores = SubjectScores(),
    computed: SubjectScores = SubjectScores(), dice: Double? = nil, convention: String? = nil,
    volumeMethod: String? = nil
  ) {
    self.subject = subject
    self.reference = reference
    self.computed = computed
    self.dice = dice
    self.convention = convention
    self.volumeMethod = volumeMethod
  }
}

/// Reference and computed scores of a cohort: the file `RESULT.csv`.
public struct ResultTable: Hashable, Sendable {
  /// The subjects, in file order.
  public var rows: [ResultRow]
  /// Columns of the file that are not among those of the format.
  public var unknownColumns: [String]
  /// That the encoding of the file was guessed, as a sentence about it; `nil` where it was not.
  public let encodingNote: String?

  /// A table of rows.
  public init(rows: [ResultRow]) {
    self.rows = rows
    unknownColumns = []
    encodingNote = nil
  }

  /// Reads a table from CSV bytes; `path` is for errors only.
  ///
  /// The first five columns of the format have to be there, in any order; missing values are empty
  /// cells. Names may differ from the format's in case and blanks. Decimal commas are read where
  /// semicolons or tabs separate the cells; a number that may be two is an error.
  ///
  /// Throws `EvaluationError` with file, row and column for missing columns, text in place of
  /// numbers, negative scores, repeated or missing subjects and a table without rows.
  public init(parsing bytes: some Sequence<UInt8>, path: String) throws(EvaluationError) {
    let csv = try CSVTable.read(bytes, path: path)
    var indices: [String: Int] = [:]
    for column in Column.all { indices[column.name] = try csv.column(column.name, path: path) }
    for column in Column.required where indices[column.name] == nil {
      throw EvaluationError(
        .column, path: path, row: csv.headerRow, column: column.name,
        detail: "the column is missing; a table needs "
          + Column.required.map(\.name).joined(separator: ", "))
    }
    if csv.rows.isEmpty {
      throw EvaluationError(.empty, path: path, detail: "the table has a header but no subject")
    }
    let columns = Column.all.filter { indices[$0.name] != nil }
    let scores = columns.filter(\.isScore).compactMap { indices[$0.name] }
    let notation = NumberNotation(
      of: csv.rows.lazy.flatMap { row in scores.map { CSVTable.trimmed(row[$0]) } },
      allowsComma: csv.separator != ",", assumesPoint: csv.separator == ",")
    var rowOfSubject: [String: Int] = [:]
    var repeated: [(subject: String, row: Int, earlier: Int)] = []
    rows = []
    for (number, cells) in zip(csv.rowNumbers, csv.rows) {
      var row = ResultRow(subject: "")
      for column in columns {
        guard let index = indices[column.name] else { continue }
        let cell = CSVTable.trimmed(cells[index])
        if let problem = column.read(cell, notation, &row) {
          throw EvaluationError(
            .value, path: path, row: number, column: column.name, detail: problem)
        }
      }
      if let earlier = rowOfSubject[row.subject] {
        repeated.append((row.subject, number, earlier))
      } else {
        rowOfSubject[row.subject] = number
      }
      rows.append(row)
    }
    if let first = repeated.first {
      let others = repeated.dropFirst().map { "\"\($0.subject)\" of row \($0.row)" }
      throw EvaluationError(
        .duplicate, path: path, row: first.row, column: "patient_name",
        detail: "\"\(first.subject)\" is in row \(first.earlier) already"
          + (others.isEmpty ? "" : "; repeated, too: \(shortList(others))"))
    }
    let known = Set(indices.values)
    unknownColumns = csv.header.indices.filter { !known.contains($0) }.map { csv.header[$0] }
    encodingNote = csv.encodingNote
  }

  /// Reads a table from a file.
  ///
  /// Throws `FileError` where the file cannot be read, `EvaluationError` as `init(parsing:path:)`.
  public init(contentsOf url: URL) throws {
    InputFiles.record(url)
    try self.init(parsing: FileBytes.read(url), path: url.path)
  }

  /// The table as CSV: the five columns of the format, then those that have a value.
  public var csv: String {
    let columns = Column.all.filter { column in
      column.isRequired || rows.contains { !column.write($0).isEmpty }
    }
    return CSVTable(
      header: columns.map(\.name), rows: rows.map { row in columns.map { $0.write(row) } }
    ).text
  }

  /// Calls subjects as others call them, whose ids have kept the zeros that a spreadsheet dropped, or
  /// the other way round; returns a sentence about it, or `nil` where nothing changed.
  ///
  /// `path` is for errors only. Throws `EvaluationError` `.mismatch` where an id may be two.
  public mutating func respell(
    like subjects: [String], path: String
  ) throws(EvaluationError) -> String? {
    let (names, note) = try respelling(of: rows.map(\.subject), like: subjects, path: path)
    for i in rows.indices { rows[i].subject = names[rows[i].subject] ?? rows[i].subject }
    return note
  }

  /// Writes the table as CSV, complete or not at all.
  public func write(to url: URL) throws { try StagedFile.write(csv, to: url) }
}

/// How other tables call ids of a table that they spell otherwise, and a sentence about it.
func respelling(
  of ids: [String], like subjects: [String], path: String
) throws(EvaluationError) -> (names: [String: String], note: String?) {
  let found: IDList.Found
  do {
    found = try IDList(ids).find(subjects)
  } catch {
    throw EvaluationError(
      .mismatch, path: path, column: "patient_name", detail: error.description)
  }
  let pairs = found.respelled.map { (id: found.ids[$0] ?? $0, taken: $0) }
  let names = Dictionary(uniqueKeysWithValues: pairs.map { ($0.id, $0.taken) })
  return (names, pairs.isEmpty ? nil : respellingNote(pairs))
}

extension CSVTable {
  /// A table from CSV bytes, with faults as this module's errors.
  static func read(
    _ bytes: some Sequence<UInt8>, path: String
  ) throws(EvaluationError) -> CSVTable {
    do throws(CSVError) {
      return try CSVTable(parsing: bytes, path: path)
    } catch {
      throw EvaluationError(error)
    }
  }

  /// The index of a column, whose name may differ in case and blanks; `nil` where there is none.
  ///
  /// Throws where two columns could be meant.
  func column(_ name: String, path: String) throws(EvaluationError) -> Int? {
    let found = columns(named: name)
    guard found.count < 2 else {
      throw EvaluationError(
        .column, path: path, row: headerRow, column: name,
        detail: "the column appears twice, as "
          + found.map { "\"\(header[$0])\"" }.joined(separator: " and ") + "; keep one of them")
    }
    return found.first
  }
}
