// SPDX-License-Identifier: Apache-2.0

/// A list over which a test would loop without testing anything, or not all of it.
public struct UnfitList: Error, CustomStringConvertible {
  /// A sentence with the counts.
  public let description: String

  /// An error with a sentence of its own.
  public init(description: String) { self.description = description }
}

/// A list for a loop of expectations, which has to run at least once.
///
/// ```swift
/// for pair in try nonEmpty(golden.pairs) { #expect(pair.mean == 1) }
/// ```
///
/// - Throws: ``UnfitList`` if the list is empty.
public func nonEmpty<List: Collection>(_ list: List) throws -> List {
  guard !list.isEmpty else {
    throw UnfitList(description: "a list that a test loops over is empty")
  }
  return list
}

/// What was found beside what was expected, element by element.
///
/// Unlike `zip`, which ends with the shorter list:
///
/// ```swift
/// for (a, b) in try pairs(spacing, expected.spacing) { #expect(abs(a - b) < 1e-6) }
/// ```
///
/// - Throws: ``UnfitList`` if one is longer than the other, or both are empty.
public func pairs<A: Collection, B: Collection>(_ a: A, _ b: B) throws -> Zip2Sequence<A, B> {
  guard a.count == b.count, !a.isEmpty else {
    throw UnfitList(description: "\(a.count) elements are compared with \(b.count)")
  }
  return zip(a, b)
}
