// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Statistics

/// Scores that several suites evaluate.
enum SampleScores {
  /// Subjects s0, s1, … with a reference and a computed score each.
  static func table(_ scores: [(Double, Double)], prefix: String = "s") -> ResultTable {
    ResultTable(
      rows: scores.enumerated().map { i, pair in
        ResultRow(
          subject: "\(prefix)\(i)", reference: SubjectScores(agatston: pair.0),
          computed: SubjectScores(agatston: pair.1))
      })
  }

  /// Reference and computed scores of fifteen subjects, of every class.
  static let cohort: [(Double, Double)] = [
    (0, 0), (0, 12), (0.5, 0), (5, 8), (9.9, 10), (50, 45), (90, 130), (150, 140), (380, 420),
    (900, 850), (2000, 2100), (30, 500), (0, 0), (12, 14), (310, 290),
  ]

  /// Few resamples, for tests of what is resampled rather than how well.
  static let quick = EvaluationOptions(bootstrap: BootstrapOptions(resamples: 300))
}
