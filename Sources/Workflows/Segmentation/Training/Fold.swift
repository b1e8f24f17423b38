// SPDX-License-Identifier: Apache-2.0

/// Which part of the training cases a model validates on.
package enum Fold: Sendable, Hashable, CustomStringConvertible {
  /// One of the folds of the split, from 0.
  case number(Int)
  /// All cases, for training and for validation.
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
