// SPDX-License-Identifier: Apache-2.0
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Remembers SIGINT (Ctrl-C) and SIGTERM (a batch system's request to end), so that work is saved
/// before the process ends.
///
/// The first signal is remembered; a second one ends the process at once. A worker process whose
/// parent passes signals on may get the same signal twice, so it is patient and ignores further
/// ones.
package enum StopSignal {
  private static let asked = Atomic<Bool>(false)

  /// Installs the handlers; a patient process is never ended by a second signal.
  package static func listen(ignoresRepeats: Bool = false) {
    // A signal handler must not initialise a global, so it is initialised here.
    asked.store(false, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      if ignoresRepeats {
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
