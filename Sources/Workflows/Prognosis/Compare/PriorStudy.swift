// SPDX-License-Identifier: Apache-2.0
package import Agatston
import Foundation
package import Scoring
package import Workflow

/// An earlier scan of a patient, or its result, that a reading of the later one is held against after
/// every change, as `cac compare` would.
///
/// The hearts are registered once; what a reader marks does not move them.
package struct PriorStudy: Sendable {
  private let request: ComparisonRequest
  private let prior: ComparisonRun.Side
  private let ground: ComparisonRun.Ground

  /// Scores the earlier scan and registers it onto the later one.
  ///
  /// - Parameters:
  ///   - request: the earlier scan with its mask, as for `cac compare`; `current` is not read.
  ///   - current: the later scan with what is marked in it so far.
  /// - Throws: `WorkflowError` where it cannot be read, is of another patient, or is the later one.
  package init(
    _ request: ComparisonRequest, before current: ScoredScan,
    say: @escaping (String) -> Void = { _ in }, progress: @escaping ProgressHandler
  ) async throws {
    self.request = request
    let run = ComparisonRun(request)
    prior = try await run.side(request.prior, mask: request.masks?.prior, "prior", say, progress)
    ground = try run.ground(prior, .scan(current), say)
  }

  /// The change to a score of the later scan; with the scan itself, pages about it have pictures.
  package func comparison(with score: StudyScore, of scan: ScoredScan? = nil) -> StudyComparison {
    ComparisonRun.comparison(
      prior, scan.map { .scan($0) } ?? .result(score), ground, request)
  }
}
