// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The processors of this machine.
package enum Processors {
  /// The number of processors that this process may use; at least 1.
  package static var count: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
}
