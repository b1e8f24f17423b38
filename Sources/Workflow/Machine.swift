// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What this machine offers.
package enum Machine {
  /// The number of processors that this process may use.
  package static var cores: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

  /// The memory in bytes.
  package static var memory: UInt64 { ProcessInfo.processInfo.physicalMemory }
}
