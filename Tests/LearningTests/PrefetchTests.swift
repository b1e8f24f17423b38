// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import Testing

@Suite struct `Elements made ahead` {
  /// Counts what was made; the thread writes, the test reads.
  private final class Tally: @unchecked Sendable {
    private let lock = NSLock()
    private var indices: [Int] = []
    func add(_ index: Int) { lock.withLock { indices.append(index) } }
    var made: [Int] { lock.withLock { indices } }

    /// Waits until the thread has made as many, or has had time to make more.
    func settled(at count: Int) -> Int {
      for _ in 0..<400 where made.count < count { Thread.sleep(forTimeInterval: 0.005) }
      Thread.sleep(forTimeInterval: 0.05)
      return made.count
    }
  }

  /// Refers to a tally without keeping it.
  private final class Reference {
    weak var tally: Tally?
    init(_ tally: Tally?) { self.tally = tally }
  }

  private struct Broken: Error, Equatable { let index: Int }

  @Test(arguments: [1, 2, 7]) func `come in order, each once`(depth: Int) throws {
    let squares = Prefetch(count: 50, depth: depth) { $0 * $0 }
    for index in 0..<50 { #expect(try squares.next() == index * index) }
    #expect(try squares.next() == nil)
    #expect(try squares.next() == nil)
  }

  @Test func `of an empty sequence are none`() throws {
    #expect(try Prefetch(count: 0) { $0 }.next() == nil)
  }

  @Test(arguments: [1, 3]) func `are at most as many as there is room for`(depth: Int) throws {
    let tally = Tally()
    let elements = Prefetch(count: 100, depth: depth) { index -> Int in
      tally.add(index)
      return index
    }
    // Besides those that wait one is held by the thread.
    #expect(tally.settled(at: depth + 1) == depth + 1)
    #expect(try elements.next() == 0)
    #expect(tally.settled(at: depth + 2) == depth + 2)
  }

  @Test func `end with an error in its place`() throws {
    let tally = Tally()
    let elements = Prefetch(count: 10, depth: 2) { index -> Int in
      tally.add(index)
      if index == 3 { throw Broken(index: 3) }
      return index
    }
    for index in 0..<3 { #expect(try elements.next() == index) }
    for _ in 0..<2 { #expect(throws: Broken(index: 3)) { try elements.next() } }
    #expect(tally.settled(at: 4) == 4)
    #expect(tally.made == [0, 1, 2, 3])
  }

  @Test func `are no longer made once nobody wants them`() throws {
    var tally: Tally? = Tally()
    let reference = Reference(tally)
    var elements: Prefetch<Int>? = Prefetch(count: 1000, depth: 2) { [tally] index in
      tally?.add(index)
      return index
    }
    #expect(try elements?.next() == 0)
    // One was taken, two wait, one is held by the thread.
    #expect(tally?.settled(at: 4) == 4)
    tally = nil
    #expect(reference.tally != nil)
    elements = nil
    // The thread holds what makes the elements, and the tally with it, until it ends.
    for _ in 0..<2000 where reference.tally != nil { Thread.sleep(forTimeInterval: 0.005) }
    #expect(reference.tally == nil)
  }
}
