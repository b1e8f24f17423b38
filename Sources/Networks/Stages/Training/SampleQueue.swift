// SPDX-License-Identifier: Apache-2.0
import Learning

/// Draws the samples of a training on other threads, a bounded number of them ahead.
///
/// Sample n is `make(n)`. Thread t of k draws samples t, t + k, t + 2k, …, and the consumer takes
/// them in turn, so that neither their order nor their contents depend on timing.
struct SampleQueue<Sample: Sendable> {
  private let threads: [Prefetch<Sample>]
  private var turn = 0

  /// Starts to draw samples of some numbers.
  ///
  /// - Parameters:
  ///   - numbers: the samples.
  ///   - width: the number of threads.
  ///   - ahead: how many finished samples wait at most, of all threads.
  ///   - make: draws the sample of a number; it is called on several threads at once.
  init(
    _ numbers: Range<Int>, width: Int, ahead: Int,
    make: @escaping @Sendable (Int) throws -> Sample
  ) {
    let width = max(1, width)
    threads = (0..<width).map { t in
      Prefetch(
        count: max(0, (numbers.count - t + width - 1) / width),
        depth: max(1, (ahead + width - 1) / width)
      ) { try make(numbers.lowerBound + t + $0 * width) }
    }
  }

  /// Waits for the next sample; nil after the last one.
  mutating func next() throws -> Sample? {
    defer { turn = (turn + 1) % threads.count }
    return try threads[turn].next()
  }
}
