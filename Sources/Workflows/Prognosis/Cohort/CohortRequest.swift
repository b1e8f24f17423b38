// SPDX-License-Identifier: Apache-2.0
package import Foundation

/// What a model of risk is learned from.
package struct CohortRequest: Sendable {
  /// The table: a row for each subject.
  package var table: URL
  /// A RESULT.csv whose computed calcium belongs to the subjects.
  package var scores: URL?
  /// The column of the time from the scan to the event or the end of follow-up, in years.
  package var time: String
  /// The column of the event: 0 for none, 1 for the event, more for competing ones.
  package var event: String
  /// The columns of the other risk factors.
  package var covariates: [String]
  /// The column of the Agatston score, which enters as ln(score + 1).
  package var calcium = "agatston"
  /// The column of the subject's name.
  package var id: String?
  /// The column of strata with a baseline hazard of their own.
  package var strata: String?
  /// The column of what keeps subjects together, as families and sites do.
  package var clusters: String?
  /// The column of weights.
  package var weights: String?
  /// The years by which risks are predicted.
  package var horizon = 10.0
  /// The ridge penalty.
  package var ridge = 0.0
  /// How often missing values are imputed; 0 refuses them.
  package var imputations = 0
  /// The parts of the cross-validation.
  package var folds = 5
  /// The seed of folds, imputations and resamples.
  package var seed: UInt64 = 0

  /// A request with the defaults.
  package init(table: URL, time: String, event: String, covariates: [String]) {
    (self.table, self.time, self.event, self.covariates) = (table, time, event, covariates)
  }
}
