// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The text as one word of a POSIX shell, quoted where a shell would take it apart.
  package var shellQuoted: String {
    let plain = unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
        || "_-./:=,+@%".unicodeScalars.contains($0)
    }
    if plain, !isEmpty { return self }
    // A quote ends the quotation, stands escaped, and begins the next.
    return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#)
      + "'"
  }
}
