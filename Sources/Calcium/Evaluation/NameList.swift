// SPDX-License-Identifier: Apache-2.0

/// Names for a sentence: the first twenty, and how many more there are.
package func shortList(_ names: [String]) -> String {
  names.prefix(20).joined(separator: ", ")
    + (names.count > 20 ? " and \(names.count - 20) more" : "")
}
