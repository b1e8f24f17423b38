// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text filled up with zeros on the left: "7" becomes "007" at a width of 3.
  ///
  /// A text that is as long already stays as it is. Numbers padded like this sort as text in the
  /// order of their values.
  package func zeroPadded(to width: Int) -> String {
    String(repeating: "0", count: Swift.max(0, width - count)) + self
  }
}
