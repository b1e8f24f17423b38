// SPDX-License-Identifier: Apache-2.0
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ctrl-C, the polite end that a batch system asks for, and USR1, which it sends before a time limit:
/// requests to save the work and end.
///
/// The first signal is remembered; a second one ends the process at once.
package enum StopSignal {
  /// The exit status of a run that a batch system should start again (EX_TEMPFAIL of sysexits.h).
  package static let status: Int32 = 75

  /// The work was stopped before a time limit and is kept.
  package struct Stopped: Error, CustomStringConvertible {
    package let description: String
  }

  private static let asked = Atomic<Int32>(0)

  /// Begins to listen.
  static func listen() {
    // Touched here: a handler may not set up a global.
    asked.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGUSR1] {
      signal(number) { number in
        StopSignal.asked.store(number, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }

  /// Whether the process was asked to end.
  static var isAsked: Bool { asked.load(ordering: .relaxed) != 0 }

  /// What to throw once the work is kept.
  static func error(_ sentence: String) -> any Error {
    asked.load(ordering: .relaxed) == SIGUSR1
      ? Stopped(description: sentence) : WorkflowError(sentence)
  }
}
