// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Synchronization
import Testing

private struct Failure: Error, Equatable { let element: Int }

@Suite struct `Work on several elements at once` {
  @Test(arguments: [0, 1, 3, 100])
  func `keeps the order of the elements`(width: Int) async {
    let squares = await (0..<50).concurrentMap(width: width) { element in
      // Later elements end first.
      for _ in element..<50 { await Task.yield() }
      return element * element
    }
    #expect(squares == (0..<50).map { $0 * $0 })
  }

  @Test(arguments: [1, 2, 5])
  func `never holds more elements than the width`(width: Int) async {
    let running = Mutex(0)
    let most = Mutex(0)
    _ = await (0..<40).concurrentMap(width: width) { element in
      let now = running.withLock { count in
        count += 1
        return count
      }
      most.withLock { $0 = max($0, now) }
      for _ in 0..<5 { await Task.yield() }
      running.withLock { $0 -= 1 }
    }
    #expect(most.withLock { $0 } <= width)
  }

  @Test func `throws the error and begins nothing after it`() async {
    let begun = Mutex(0)
    await #expect(throws: Failure(element: 3)) {
      try await (0..<1000).concurrentMap(width: 2) { element throws(Failure) in
        begun.withLock { $0 += 1 }
        if element == 3 { throw Failure(element: element) }
      }
    }
    #expect(begun.withLock { $0 } < 10)
  }

  @Test func `hands results over in order, as soon as the earlier ones are there`() async {
    var added: [Int] = []
    await (0..<30).concurrentFold(width: 4) { element in
      for _ in element..<30 { await Task.yield() }
      return element
    } into: {
      added.append($0)
    }
    #expect(added == Array(0..<30))
  }

  @Test func `stops where a result is refused`() async {
    var added: [Int] = []
    await #expect(throws: Failure(element: 2)) {
      try await (0..<1000).concurrentFold(width: 2) { element throws(Failure) in
        element
      } into: { result throws(Failure) in
        if result == 2 { throw Failure(element: result) }
        added.append(result)
      }
    }
    #expect(added == [0, 1])
  }
}
