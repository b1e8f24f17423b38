// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Prints a line on standard output, in place of Swift's function of that name, which does not say
/// where the text could not be written.
///
/// A table or a JSON text that a full disk cuts off looks like a result. So the command ends with
/// status 1 then.
func print(_ text: String) {
  do {
    try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
  } catch {
    writeToStandardError(
      "cac: standard output: not everything could be written, as on a full disk; free some space")
    exit(1)
  }
}
