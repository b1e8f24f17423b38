// SPDX-License-Identifier: Apache-2.0

/// A fold of the cross-validation, or all cases.
package enum Fold: Sendable, Hashable, CustomStringConvertible {
  /// One of the folds of the split, from 0.
  case number(Int)
  /// All cases, both for training and for validation.
  case all

  /// A fold as the command line writes it: a number or "all".
  package init?(_ text: String) {
    if text == "all" {
      self = .all
    } else if let number = Int(text), number >= 0 {
      self = .number(number)
    } else {
      return nil
    }
  }

  /// The name that folders carry after "fold_".
  package var description: String {
    switch self {
    case .number(let number): "\(number)"
    case .all: "all"
    }
  }
}
