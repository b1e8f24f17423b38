// SPDX-License-Identifier: Apache-2.0

extension Sequence where Self: Sendable, Element: Sendable {
  /// Transforms the elements with at most `width` at work at once; results keep their order.
  ///
  /// The bound is what bounds memory: no more than `width` subjects are held at a time. The first
  /// error cancels what has not begun.
  package func concurrentMap<Result: Sendable>(
    width: Int, _ transform: @escaping @Sendable (Element) async throws -> Result
  ) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      var results: [Int: Result] = [:]
      var pending = 0
      for (index, element) in enumerated() {
        if pending >= Swift.max(1, width), let (done, result) = try await group.next() {
          results[done] = result
          pending -= 1
        }
        group.addTask { (index, try await transform(element)) }
        pending += 1
      }
      for try await (done, result) in group { results[done] = result }
      return results.keys.sorted().compactMap { results[$0] }
    }
  }
}
