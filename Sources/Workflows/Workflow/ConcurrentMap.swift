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

  /// Transforms the elements with at most `width` at work at once and hands each result over in the
  /// order of the elements, as soon as that can be.
  ///
  /// At most twice as many results wait for an earlier one, so that memory stays bounded where they
  /// are large.
  package func concurrentFold<Result: Sendable>(
    width: Int, _ transform: @escaping @Sendable (Element) async throws -> Result,
    into add: (Result) throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      var waiting: [Int: Result] = [:]
      var (pending, next) = (0, 0)
      func take() async throws {
        guard let (done, result) = try await group.next() else { return }
        waiting[done] = result
        pending -= 1
        while let ready = waiting.removeValue(forKey: next) {
          try add(ready)
          next += 1
        }
      }
      for (index, element) in enumerated() {
        while pending >= Swift.max(1, width) || index - next > 2 * width { try await take() }
        group.addTask { (index, try await transform(element)) }
        pending += 1
      }
      while pending > 0 { try await take() }
    }
  }
}
