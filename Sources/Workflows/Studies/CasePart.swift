// SPDX-License-Identifier: Apache-2.0

/// One machine's share of the cases, where several machines divide them: every n-th case from the
/// k-th on, as in nnU-Net.
///
/// ```swift
/// CasePart(number: 1, count: 3).of(Array(0..<8))  // [1, 4, 7]
/// ```
package struct CasePart: Sendable, Hashable {
  /// The number of this part, from 0.
  package let number: Int
  /// The number of parts.
  package let count: Int

  /// All cases.
  package static let all = CasePart(number: 0, count: 1)

  /// A part by its number, which is from 0 and below the count.
  package init(number: Int, count: Int) {
    (self.number, self.count) = (number, count)
  }

  /// The elements of this part.
  package func of<Element>(_ all: [Element]) -> [Element] {
    stride(from: number, to: all.count, by: count).map { all[$0] }
  }
}
