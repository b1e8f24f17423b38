// SPDX-License-Identifier: Apache-2.0
public import Files

/// A table of results, or a comparison, that cannot be used.
public typealias EvaluationError = TableError<EvaluationFault>

/// What can be wrong with a table of results, or with a comparison.
public enum EvaluationFault: Sendable {
  /// The text is no CSV.
  case malformed
  /// A column is missing or appears twice.
  case column
  /// A cell holds what its column cannot.
  case value
  /// Two rows are about the same subject.
  case duplicate
  /// There is no row to use.
  case empty
  /// Two things that are compared do not belong together.
  case mismatch
}

extension TableError<EvaluationFault> {
  /// The fault of a table that is no proper CSV.
  init(_ error: CSVError) {
    let code: EvaluationFault =
      switch error.code {
      case .malformed: .malformed
      case .column: .column
      case .empty: .empty
      }
    self.init(code, path: error.path, row: error.row, column: error.column, detail: error.detail)
  }
}
