// SPDX-License-Identifier: Apache-2.0
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ctrl-C and the polite end that a batch system asks for, so that work is saved before it ends.
///
/// The first signal is remembered; a second one ends the process at once, unless another process
/// passes signals on, which may then come twice.
package enum StopSignal {
  private static let asked = Atomic<Bool>(false)

  /// Begins to listen.
  package static func listen(isPatient: Bool = false) {
    // Touched here: a handler may not set up a global.
    asked.store(false, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      if isPatient {
        signal(number) { _ in StopSignal.asked.store(true, ordering: .relaxed) }
        continue
      }
      signal(number) { number in
        StopSignal.asked.store(true, ordering: .relaxed)
        signal(number, SIG_DFL)
      }
    }
  }

  /// Whether the process was asked to end.
  package static var isAsked: Bool { asked.load(ordering: .relaxed) }
}
