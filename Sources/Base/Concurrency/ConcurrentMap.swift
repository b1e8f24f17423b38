// SPDX-License-Identifier: Apache-2.0

extension Sequence where Self: Sendable, Element: Sendable {
  /// Transforms the elements with at most `width` at work at once; the results keep their order.
  ///
  /// The width bounds the memory: no more than `width` elements are at work at a time. The first
  /// error cancels the others and is thrown as soon as they have ended. A transformation that cannot
  /// throw makes a call that cannot throw either.
  ///
  /// ```swift
  /// let scores = try await scans.concurrentMap(width: 2) { try await score($0) }
  /// ```
  package func concurrentMap<Output: Sendable, Failure: Error>(
    width: Int = Machine.processorCount,
    _ transform: @escaping @Sendable (Element) async throws(Failure) -> Output
  ) async throws(Failure) -> [Output] {
    var outputs: [Output] = []
    try await fold(width: width, waiting: .max, transform) { output throws(Failure) in
      outputs.append(output)
    }
    return outputs
  }

  /// Transforms the elements with at most `width` at work at once and hands each result over in the
  /// order of the elements, as soon as that can be.
  ///
  /// At most twice as many results as the width wait for an earlier one, so that memory stays
  /// bounded where they are large. The first error, of `transform` or of `add`, cancels the rest.
  package func concurrentFold<Output: Sendable, Failure: Error>(
    width: Int = Machine.processorCount,
    _ transform: @escaping @Sendable (Element) async throws(Failure) -> Output,
    into add: (Output) throws(Failure) -> Void
  ) async throws(Failure) {
    try await fold(width: width, waiting: 2 * width, transform, into: add)
  }

  /// The work of both methods: no task is begun more than `limit` elements ahead of the first element
  /// whose result is missing.
  private func fold<Output: Sendable, Failure: Error>(
    width: Int, waiting limit: Int,
    _ transform: @escaping @Sendable (Element) async throws(Failure) -> Output,
    into add: (Output) throws(Failure) -> Void
  ) async throws(Failure) {
    // A throwing group would widen the error to `any Error`.
    let failure = await withTaskGroup(
      of: (Int, Result<Output, Failure>).self, returning: Failure?.self
    ) { group in
      var finished: [Int: Output] = [:]
      var (running, next) = (0, 0)
      func take() async throws(Failure) {
        guard let (index, result) = await group.next() else { return }
        finished[index] = try result.get()
        running -= 1
        while let output = finished.removeValue(forKey: next) {
          try add(output)
          next += 1
        }
      }
      do throws(Failure) {
        for (index, element) in enumerated() {
          while running >= Swift.max(1, width) || index - next > limit { try await take() }
          group.addTask {
            do throws(Failure) {
              return (index, .success(try await transform(element)))
            } catch {
              return (index, .failure(error))
            }
          }
          running += 1
        }
        while running > 0 { try await take() }
        return nil
      } catch {
        group.cancelAll()
        return error
      }
    }
    if let failure { throw failure }
  }
}
