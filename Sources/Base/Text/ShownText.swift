// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text of a file as a message may hold it: in one line and of bounded length.
  ///
  /// Control characters, by which a file could write over a terminal, become U+FFFD.
  public func shown(atMost count: Int = 80) -> String {
    var text = String.UnicodeScalarView()
    for scalar in unicodeScalars.prefix(count) {
      let isControl =
        scalar.properties.generalCategory == .control || scalar == "\u{2028}"
        || scalar == "\u{2029}"
      text.append(isControl ? "\u{FFFD}" : scalar)
    }
    return String(text) + (unicodeScalars.count > count ? "…" : "")
  }
}
