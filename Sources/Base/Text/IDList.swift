// SPDX-License-Identifier: Apache-2.0

/// The ids of studies or of a table's rows, among which ids from elsewhere are found.
///
/// Spreadsheets take an id for a number and drop the zeros before it: the study 0012 is 12 in a
/// table that was saved by one. Such an id is found, too, where it can be one only.
///
/// ```swift
/// let found = try IDList(["0012", "0013"]).find(["12", "0013"])
/// print(found.ids)  // ["12": "0012", "0013": "0013"]
/// ```
package struct IDList: Sendable {
  private let ids: Set<String>

  /// A list of ids, in whichever order.
  package init(_ ids: some Sequence<String>) { self.ids = Set(ids) }

  /// What was found of some ids.
  package struct Found: Sendable {
    /// Each id that was found, and how the list spells it.
    package fileprivate(set) var ids: [String: String] = [:]
    /// The ids that the list spells otherwise, in the order in which they were sought.
    package fileprivate(set) var respelled: [String] = []
  }

  /// Finds ids; those that the list does not hold are absent from the result.
  ///
  /// Throws where an id that the list spells otherwise may be two of the list, or two may be one.
  package func find(_ wanted: some Sequence<String>) throws(AmbiguousID) -> Found {
    var found = Found()
    var others: [Substring: [String]] = [:]
    var order: [Substring] = []
    var sought: Set<String> = []
    for id in wanted where sought.insert(id).inserted {
      if ids.contains(id) {
        found.ids[id] = id
      } else if let number = Self.number(id) {
        if others.updateValue((others[number] ?? []) + [id], forKey: number) == nil {
          order.append(number)
        }
      }
    }
    if others.isEmpty { return found }
    let left = Dictionary(grouping: ids.subtracting(sought)) { Self.number($0) ?? "" }
    for number in order {
      guard let candidates = left[number], let same = others[number] else { continue }
      guard candidates.count == 1, same.count == 1 else {
        throw AmbiguousID(ids: same, candidates: candidates.sorted())
      }
      found.ids[same[0]] = candidates[0]
      found.respelled.append(same[0])
    }
    return found
  }

  /// The digits of a whole number without zeros before them; `nil` for any other text.
  private static func number(_ id: String) -> Substring? {
    guard !id.isEmpty, id.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    let digits = id.drop { $0 == "0" }
    return digits.isEmpty ? "0" : digits
  }
}

/// An id without the zeros before it that may be several.
package struct AmbiguousID: Error, CustomStringConvertible {
  fileprivate let ids: [String]
  fileprivate let candidates: [String]

  /// The sentence, without its subject: "12 may be 0012 or 012; write each id with its zeros".
  package var description: String {
    ids.joined(separator: " and ") + " may be " + candidates.joined(separator: " or ")
      + "; write each id with the zeros before it"
  }
}

/// That ids were taken for others, the same numbers with more or fewer zeros, in one sentence.
package func respellingNote(_ pairs: [(id: String, taken: String)]) -> String {
  shortList(pairs.map { "\($0.id) was taken for \($0.taken)" }, limit: 5)
    + ", since spreadsheets drop the zeros before a number"
}
