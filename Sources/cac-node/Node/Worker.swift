// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import Workflow

/// Does one thing after the other in a thread of its own, and looks again after a moment where there is nothing to
/// do.
final class Worker: Sendable {
  private let title: String
  private let body: @Sendable () throws -> Bool
  private let recovery: @Sendable () throws -> Void
  private let hasEnded = Atomic<Bool>(false)

  /// A worker that has not begun; its work returns false where there is nothing to do.
  ///
  /// What an error left half done is mended by `recovery`, before the work goes on.
  init(
    _ title: String, recovery: @escaping @Sendable () throws -> Void = {},
    _ body: @escaping @Sendable () throws -> Bool
  ) {
    self.title = title
    self.body = body
    self.recovery = recovery
  }

  /// Whether it came to its end, which it does when the program is asked to end.
  var isFinished: Bool { hasEnded.load(ordering: .acquiring) }

  /// Begins.
  func start() {
    let thread = Thread { [self] in
      work()
      hasEnded.store(true, ordering: .releasing)
    }
    thread.stackSize = 8 << 20
    thread.start()
  }

  private func work() {
    var hasFailed = false
    while !StopSignal.isAsked {
      do {
        if hasFailed { try recovery() }
        hasFailed = false
        if try body() { continue }
        pause(0.25)
      } catch {
        hasFailed = true
        // A full disk, a busy queue: what is to be done is still there.
        Log.say("\(title): \(error)")
        pause(5)
      }
    }
  }

  private func pause(_ seconds: Double) {
    let end = Date.now.addingTimeInterval(seconds)
    while !StopSignal.isAsked, Date.now < end { usleep(50_000) }
  }
}
