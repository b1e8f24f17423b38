// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// A request to end a training at the end of its epoch: the signal USR1, which Slurm sends before the
/// time limit.
///
/// The handler only sets a flag; what is kept and said is decided where the epoch ends.
package enum StopSignal {
  /// The exit status of a run that stopped on request and can go on (EX_TEMPFAIL of sysexits.h).
  package static let status: Int32 = 75

  /// The training was stopped on request after an epoch, and is kept.
  package struct Stopped: Error, CustomStringConvertible {
    /// The epochs that are done.
    let epochs: Int
    package var description: String {
      "stopped on request after \(epochs) epochs; the same command with --continue goes on"
    }
  }

  private static let flag = Atomic(false)

  /// From now on the signal asks for an end instead of ending the process.
  static func listen() {
    signal(SIGUSR1) { _ in StopSignal.flag.store(true, ordering: .relaxed) }
  }

  /// Keeps what is done and throws `Stopped` where the end was asked for.
  static func check(epochs: Int, keep: () throws -> Void) throws {
    guard flag.load(ordering: .relaxed) else { return }
    try keep()
    throw Stopped(epochs: epochs)
  }
}
