// SPDX-License-Identifier: Apache-2.0

/// One machine's share of the cases, where several machines divide them: every n-th case, beginning
/// with the k-th, as nnU-Net divides them.
package struct CasePart: Sendable, Hashable {
  /// The number of this part, from 0.
  package let number: Int
  /// The number of parts.
  package let count: Int

  /// All cases.
  package static let all = CasePart(number: 0, count: 1)

  /// The part of a number from 0 below the count.
  package init(number: Int, count: Int) {
    (self.number, self.count) = (number, count)
  }

  /// The elements of this part.
  package func of<Element>(_ all: [Element]) -> [Element] {
    stride(from: number, to: all.count, by: count).map { all[$0] }
  }
}
