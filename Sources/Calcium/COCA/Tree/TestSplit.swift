// SPDX-License-Identifier: Apache-2.0
public import Agatston
import Files
public import Foundation
import Text

/// Chooses the subjects that are kept apart for testing.
public enum TestSplit {
  /// The test subjects of a file: one id per line, a JSON list of texts or numbers, or a table with
  /// a column of ids.
  ///
  /// Blank lines, empty columns, quotes and a header, as spreadsheets write them, are accepted. A
  /// line with several values is an error unless a header says which of them is the id. An id that
  /// lost the zeros before it in a spreadsheet is found where one subject only can be meant.
  ///
  /// The ids of the result have the order of `known`; its notes say what was taken for what, one
  /// sentence each. Ids that are not known, and an empty list, are errors.
  public static func ids(
    from url: URL, known: [String]
  ) throws -> (ids: [String], notes: [String]) {
    let data = Array(try FileBytes.read(url))
    guard let decoded = DecodedText(data) else {
      throw COCAError(
        .unknownSubject, path: url.path,
        detail: "its text is not UTF-16 as it says; save it as UTF-8")
    }
    let text = String(decoding: decoded.utf8, as: UTF8.self)
    let all = Set(known)
    var listed: [String]
    if CSVTable.trimmed(text).hasPrefix("[") {
      let list = try JSON.parse(Data(CSVTable.trimmed(text).utf8), subject: url.path).array ?? []
      listed = try list.map { value in
        guard let id = value.string ?? value.int.map({ "\($0)" }) else {
          throw COCAError(
            .unknownSubject, path: url.path, detail: "should list texts or whole numbers only")
        }
        return id
      }
    } else {
      listed = text.split(whereSeparator: \.isNewline).map { String($0) }
    }
    listed = listed.map(CSVTable.trimmed).filter { !$0.isEmpty }
    if !CSVTable.trimmed(text).hasPrefix("["), !listed.allSatisfy(all.contains) {
      listed = try column(data, path: url.path, known: all)
    }
    guard !listed.isEmpty else {
      throw COCAError(.unknownSubject, path: url.path, detail: "lists no subject")
    }
    var notes: [String] = []
    if let note = decoded.encodingNote { notes.append("the list of test subjects \(note)") }
    let found: IDList.Found
    do {
      found = try IDList(known).find(listed)
    } catch {
      throw COCAError(.unknownSubject, path: url.path, detail: "lists ids of which \(error)")
    }
    let unknown = listed.filter { found.ids[$0] == nil }
    guard unknown.isEmpty else {
      throw COCAError(
        .unknownSubject, path: url.path,
        detail:
          "lists \(unknown.count == 1 ? "a subject" : "\(counted(unknown.count, "subject"))") that the "
          + "data set does not have: "
          + unknown.prefix(20).joined(separator: ", ") + (unknown.count > 20 ? ", …" : ""))
    }
    if !found.respelled.isEmpty {
      notes.append(
        "in the list of test subjects, "
          + respellingNote(found.respelled.map { (id: $0, taken: found.ids[$0] ?? "") }))
    }
    let wanted = Set(found.ids.values)
    return (known.filter { wanted.contains($0) }, notes)
  }

  /// The names that the column of the ids may have.
  private static let idColumns: Set<String> = [
    "patient_name", "patient", "patient_id", "subject", "subjects", "subject_id", "id", "ids",
    "filename",
  ]

  /// The ids of a table, or of lines with one cell that is not empty.
  private static func column(_ data: [UInt8], path: String, known: Set<String>) throws(COCAError)
    -> [String]
  {
    func wrong(_ row: Int, _ detail: String) -> COCAError {
      COCAError(.unknownSubject, path: path, detail: "row \(row) \(detail)")
    }
    var records: [CSVRecord]
    do throws(CSVError) {
      let text = try CSVText(data, path: path)
      records = try text.records(separatedBy: text.separators[0])
    } catch {
      throw COCAError(
        .unknownSubject, path: path,
        detail: (error.row.map { "row \($0): " } ?? "") + error.detail)
    }
    guard let first = records.first else { return [] }
    let named = first.cells.indices.filter {
      idColumns.contains(CSVTable.key(first.cells[$0]))
        && !known.contains(CSVTable.trimmed(first.cells[$0]))
    }
    if named.count > 1 {
      throw wrong(first.number, "names \(named.count) columns of ids; keep one of them")
    }
    if !named.isEmpty { records.removeFirst() }
    return try records.map { record throws(COCAError) in
      let cells = record.cells.map(CSVTable.trimmed)
      if let index = named.first {
        guard index < cells.count, !cells[index].isEmpty else {
          throw wrong(record.number, "has no id; fill it in or remove the row")
        }
        return cells[index]
      }
      let filled = cells.filter { !$0.isEmpty }
      guard filled.count < 2 else {
        throw wrong(
          record.number,
          "holds \(filled.count) values; give one id a line, or a header that calls the column of "
            + "the ids patient_name")
      }
      return filled.first ?? ""
    }.filter { !$0.isEmpty }
  }

  /// A random fraction of the subjects, drawn from each risk class in proportion.
  ///
  /// The number is the rounded fraction of all subjects; classes get their share by largest
  /// remainders. The same subjects in the same order and the same generator give the same result,
  /// in the order of `subjects`.
  public static func stratified(
    _ subjects: [(id: String, riskClass: FiveClassRisk)], fraction: Double,
    using generator: inout some RandomNumberGenerator
  ) throws(COCAError) -> [String] {
    guard fraction >= 0, fraction < 1 else {
      throw COCAError(
        .parameter, path: "test fraction",
        detail: "\(fraction) is no fraction; it must be 0 or more and less than 1")
    }
    var members: [FiveClassRisk: [Int]] = [:]
    for (index, subject) in subjects.enumerated() {
      members[subject.riskClass, default: []].append(index)
    }
    let classes = FiveClassRisk.allCases.filter { members[$0] != nil }
    let shares = classes.map { fraction * Double(members[$0]?.count ?? 0) }
    var counts = shares.map { Int($0) }
    let wanted = Int((fraction * Double(subjects.count)).rounded())
    let byRemainder = shares.indices.sorted {
      let (a, b) = (shares[$0] - Double(counts[$0]), shares[$1] - Double(counts[$1]))
      return a != b ? a > b : $0 < $1
    }
    for i in byRemainder where counts.reduce(0, +) < wanted { counts[i] += 1 }
    var chosen: Set<Int> = []
    for (name, count) in zip(classes, counts) {
      var pool = members[name] ?? []
      for i in 0..<count {
        // Fisher & Yates; the multiplication keeps the high bits (Lemire 2019, bias below 2⁻⁵⁰).
        let rest = UInt64(pool.count - i)
        let j = i + Int(generator.next().multipliedFullWidth(by: rest).high)
        pool.swapAt(i, j)
        chosen.insert(pool[i])
      }
    }
    return subjects.indices.filter(chosen.contains).map { subjects[$0].id }
  }
}
