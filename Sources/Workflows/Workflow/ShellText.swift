// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text as one word of a POSIX shell, in quotes where the shell would split or expand it.
  package var shellQuoted: String {
    let plain = unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
        || "_-./:=,+@%".unicodeScalars.contains($0)
    }
    if plain, !isEmpty { return self }
    // A single quote in the text ends the quotation, is escaped, and begins the quotation again.
    return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
      + "'"
  }
}
