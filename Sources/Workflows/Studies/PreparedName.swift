// SPDX-License-Identifier: Apache-2.0
import Text

/// The names that `cac coca prepare` gives subjects in a data set.
package enum PreparedName {
  /// The name of a subject's case: `cac_0007` for 7; numbers are padded so that they sort as numbers do.
  package static func of(_ subject: String) -> String {
    let safe = subject.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    return "cac_" + String(safe).zeroPadded(to: 4)
  }
}
