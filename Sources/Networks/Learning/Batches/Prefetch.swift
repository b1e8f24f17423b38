// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Makes the elements of a sequence on a thread of its own, a few elements ahead of the consumer.
///
/// Element i is `make(i)`, so that the elements do not depend on timing. An error ends the
/// sequence: it is thrown instead of its element, and at each later call. When the last reference
/// is released, the thread stops after the present element.
public final class Prefetch<Element: Sendable>: Sendable {
  /// The state that the thread and the consumer share.
  ///
  /// `@unchecked Sendable`: everything is read and written under `condition`.
  private final class Shared: @unchecked Sendable {
    let condition = NSCondition()
    var ready: [Result<Element, any Error>] = []
    var isOver = false

    func locked<Value>(_ body: () throws -> Value) rethrows -> Value {
      condition.lock()
      defer { condition.unlock() }
      return try body()
    }
  }

  private let shared = Shared()

  /// Starts to make elements 0 ..< count.
  ///
  /// - Parameters:
  ///   - count: how many elements there are.
  ///   - depth: how many finished elements wait at most.
  ///   - make: makes an element; it is called on the thread, for one element after the other.
  public init(
    count: Int, depth: Int = 2, make: @escaping @Sendable (_ index: Int) throws -> Element
  ) {
    precondition(depth >= 1, "room for an element")
    let shared = shared
    let thread = Thread {
      for index in 0..<count {
        let result = Result { try make(index) }
        let continues = shared.locked {
          while shared.ready.count >= depth, !shared.isOver { shared.condition.wait() }
          guard !shared.isOver else { return false }
          shared.ready.append(result)
          shared.condition.broadcast()
          return (try? result.get()) != nil
        }
        guard continues else { return }
      }
      shared.locked {
        while !shared.ready.isEmpty, !shared.isOver { shared.condition.wait() }
        shared.isOver = true
        shared.condition.broadcast()
      }
    }
    thread.name = "prefetch"
    thread.start()
  }

  /// Waits for the next element; `nil` after the last one.
  public func next() throws -> Element? {
    try shared.locked {
      while shared.ready.isEmpty, !shared.isOver { shared.condition.wait() }
      guard let first = shared.ready.first else { return nil }
      // An error stays in the queue.
      let element = try first.get()
      shared.ready.removeFirst()
      shared.condition.broadcast()
      return element
    }
  }

  deinit {
    shared.locked {
      shared.isOver = true
      shared.condition.broadcast()
    }
  }
}
