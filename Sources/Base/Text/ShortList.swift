// SPDX-License-Identifier: Apache-2.0

/// Names for a sentence: the first ones up to a limit, and how many more there are.
package func shortList(_ names: [String], limit: Int = 20) -> String {
  names.prefix(limit).joined(separator: ", ")
    + (names.count > limit ? " and \(names.count - limit) more" : "")
}
