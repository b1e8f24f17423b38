// SPDX-License-Identifier: Apache-2.0

/// The smallest number of characters to insert, delete or replace that turns one text into another
/// (Levenshtein's distance).
package func editDistance(_ first: String, _ second: String) -> Int {
  let (a, b) = (Array(first), Array(second))
  var previous = Array(0...b.count)
  for i in a.indices {
    var current = [i + 1]
    for j in b.indices {
      current.append(
        min(previous[j + 1] + 1, current[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1)))
    }
    previous = current
  }
  return previous[b.count]
}

/// The name that a misspelt one was meant to be: the nearest within two edits.
///
/// `nil` where none is near, or where as many characters as the text has would be replaced.
package func suggestion(for text: String, among names: [String]) -> String? {
  names.map { (name: $0, distance: editDistance(text, $0)) }
    .filter { $0.distance <= 2 && $0.distance < text.count }
    .min { $0.distance < $1.distance }?.name
}
