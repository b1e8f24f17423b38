// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// Folds as the user types them: one number, or 0-4 for all from 0 to 4.
struct FoldRange {
  private let range: ClosedRange<Int>

  init(_ range: ClosedRange<Int>) { self.range = range }

  init?(argument: String) {
    let ends = argument.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard let first = ends.first.flatMap(\.self), let last = ends.last.flatMap(\.self),
      ends.count <= 2, 0 <= first, first <= last, last < 1000
    else { return nil }
    range = first...last
  }

  var defaultValueDescription: String { "\(range.lowerBound)-\(range.upperBound)" }

  /// All folds in the order of the ranges; throws where a fold is named twice.
  static func numbers(_ folds: [FoldRange]) throws -> [Int] {
    let numbers = folds.flatMap { Array($0.range) }
    guard Set(numbers).count == numbers.count, !numbers.isEmpty else {
      throw ValidationError("--folds names a fold twice")
    }
    return numbers
  }
}
