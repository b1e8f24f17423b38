// SPDX-License-Identifier: Apache-2.0
package import Agatston

/// What is explained.
package enum ExplainTarget: Sendable, Hashable, CustomStringConvertible {
  /// The whole score.
  case total
  /// The calcium of one artery.
  case artery(Artery)
  /// One lesion, numbered from 1 by falling points.
  case lesion(Int)

  /// A target by its words: total, LM, LAD, LCX, RCA, or a lesion's number.
  package init?(_ text: String) {
    let word = text.lowercased()
    if word == "total" {
      self = .total
    } else if let artery = Artery.allCases.first(where: { $0.abbreviation.lowercased() == word }) {
      self = .artery(artery)
    } else {
      let number =
        word.hasPrefix("lesion") ? word.dropFirst(6).drop { " -".contains($0) } : word[...]
      guard let number = Int(number), number > 0 else { return nil }
      self = .lesion(number)
    }
  }

  /// The words.
  package var description: String {
    switch self {
    case .total: "total"
    case .artery(let artery): artery.abbreviation
    case .lesion(let number): "lesion \(number)"
    }
  }
}
