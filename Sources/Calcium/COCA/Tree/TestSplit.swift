// SPDX-License-Identifier: Apache-2.0
public import Agatston
import Files
public import Foundation

/// Which subjects are kept apart for testing.
public enum TestSplit {
  /// The test subjects of a file: one id per line, or a JSON list of texts or numbers.
  ///
  /// The result has the order of `known`. Ids that are not known, and an empty list, are errors.
  public static func ids(from url: URL, known: [String]) throws -> [String] {
    let text = String(decoding: try FileBytes.read(url), as: UTF8.self)
    var listed: [String]
    if text.drop(while: \.isWhitespace).hasPrefix("[") {
      listed = try JSONFile.read([ListedID].self, from: url).map(\.text)
    } else {
      listed = text.split(whereSeparator: \.isNewline).map { String($0) }
    }
    listed = listed.map { $0.trimmingCharacters(in: .whitespaces.union(["\u{FEFF}"])) }
      .filter { !$0.isEmpty }
    guard !listed.isEmpty else {
      throw COCAError(.unknownSubject, path: url.path, detail: "lists no subject")
    }
    let all = Set(known)
    let unknown = listed.filter { !all.contains($0) }
    guard unknown.isEmpty else {
      throw COCAError(
        .unknownSubject, path: url.path,
        detail: "lists \(unknown.count == 1 ? "a subject" : "\(unknown.count) subjects") that the "
          + "data set does not have: "
          + unknown.prefix(20).joined(separator: ", ") + (unknown.count > 20 ? ", …" : ""))
    }
    let wanted = Set(listed)
    return known.filter { wanted.contains($0) }
  }

  /// A random fraction of the subjects, drawn from each risk class in proportion.
  ///
  /// The number is the rounded fraction of all subjects; classes get their share by largest
  /// remainders. The same subjects in the same order and the same generator give the same result,
  /// in the order of `subjects`.
  public static func stratified(
    _ subjects: [(id: String, riskClass: SeedClass)], fraction: Double,
    using generator: inout some RandomNumberGenerator
  ) throws(COCAError) -> [String] {
    guard fraction >= 0, fraction < 1 else {
      throw COCAError(
        .parameter, path: "test fraction",
        detail: "\(fraction) is no fraction; it must be 0 or more and less than 1")
    }
    var places: [SeedClass: [Int]] = [:]
    for (place, subject) in subjects.enumerated() {
      places[subject.riskClass, default: []].append(place)
    }
    let classes = SeedClass.allCases.filter { places[$0] != nil }
    let shares = classes.map { fraction * Double(places[$0]?.count ?? 0) }
    var counts = shares.map { Int($0) }
    let wanted = Int((fraction * Double(subjects.count)).rounded())
    let byRemainder = shares.indices.sorted {
      let (a, b) = (shares[$0] - Double(counts[$0]), shares[$1] - Double(counts[$1]))
      return a != b ? a > b : $0 < $1
    }
    for i in byRemainder where counts.reduce(0, +) < wanted { counts[i] += 1 }
    var chosen: Set<Int> = []
    for (name, count) in zip(classes, counts) {
      var pool = places[name] ?? []
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

/// An id in a JSON list, which may be written as a number.
private struct ListedID: Decodable {
  var text: String

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let number = try? value.decode(Int.self) {
      text = String(number)
    } else {
      text = try value.decode(String.self)
    }
  }
}
