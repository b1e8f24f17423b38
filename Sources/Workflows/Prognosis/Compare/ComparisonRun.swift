// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
import Files
import Foundation
import Images
import Risk
import Scoring
import Segmentation
import Studies
import Text
package import Workflow

/// Compares two scans of a patient, or two results: what `cac compare` does.
package struct ComparisonRun: Sendable {
  private let request: ComparisonRequest

  /// A comparison.
  package init(_ request: ComparisonRequest) { self.request = request }

  /// One side of the comparison.
  enum Side: Sendable {
    case scan(ScoredScan)
    case result(StudyScore)

    var score: StudyScore {
      switch self {
      case .scan(let scan): scan.score
      case .result(let score): score
      }
    }

    var scan: ScoredScan? { if case .scan(let scan) = self { scan } else { nil } }
  }

  /// Scores both scans, and follows the lesions from one to the other.
  ///
  /// - Throws: `WorkflowError` where a side cannot be read or scored, or the headers name different
  ///   patients.
  package func run(
    say: @escaping (String) -> Void, progress: @escaping ProgressHandler
  ) async throws -> StudyComparison {
    let prior = try await side(request.prior, mask: request.masks?.prior, "prior", say, progress)
    let current = try await side(
      request.current, mask: request.masks?.current, "current", say, progress)
    let ground = try ground(prior, current, say)
    return Self.comparison(prior, current, ground, request)
  }

  /// What does not depend on what is marked in the scans.
  struct Ground: Sendable {
    let years: Double?
    let notes: [String]
    /// Whether both sides are scans, whose hearts can be registered.
    let areScans: Bool
    /// Where the earlier heart lies in the later scan; `nil` where that was not found.
    let motion: RigidMotion?
  }

  /// Whose scans they are, how far apart, how they differ, and where one heart lies in the other.
  func ground(_ prior: Side, _ current: Side, _ say: (String) -> Void) throws -> Ground {
    var notes = try patients(prior.scan, current.scan)
    let years = try years(prior.scan, current.scan)
    if let years, years * Progression.daysOfYear < Progression.leastDays {
      notes.append(
        "\(counted(Int((years * Progression.daysOfYear).rounded()), "day")) apart: a repeat, no progression"
      )
    }
    if years == nil {
      notes.append("the time between the scans is not known (--years): no change a year")
    }
    notes += ProtocolDifference.between(prior.score, current.score).map {
      "the scans differ: \($0)"
    }
    for (name, side) in [("prior", prior), ("current", current)] {
      switch side {
      case .scan(let scan): notes += scan.doubts.map { "\(name) scan doubtful: \($0)" }
      case .result: notes.append("the \(name) score is as it was reported then")
      }
    }
    guard let first = prior.scan, let second = current.scan else {
      return Ground(years: years, notes: notes, areScans: false, motion: nil)
    }
    if first.model != second.model {
      notes.append("one of the scans was scored by a model alone")
    }
    say("registering the hearts")
    let motion = HeartRegistration.motion(from: first, to: second, &notes)
    return Ground(years: years, notes: notes, areScans: true, motion: motion)
  }

  /// The comparison of two sides on known ground.
  static func comparison(
    _ prior: Side, _ current: Side, _ ground: Ground, _ request: ComparisonRequest
  ) -> StudyComparison {
    let followed =
      ground.areScans
      ? FollowedLesions(from: prior.score, to: current.score, by: ground.motion)
      : FollowedLesions(from: prior.score, to: current.score)
    return StudyComparison(
      prior: prior.score, current: current.score, years: ground.years,
      bodyMassIndex: request.bodyMassIndex, notes: ground.notes + followed.notes,
      followed: followed,
      scans: prior.scan.flatMap { first in current.scan.map { (first, $0) } })
  }

  /// One side: a result where the file is JSON, else a scan to be scored.
  func side(
    _ url: URL, mask: URL?, _ name: String, _ say: @escaping (String) -> Void,
    _ progress: @escaping ProgressHandler
  ) async throws -> Side {
    if url.pathExtension.lowercased() == "json" {
      guard mask == nil else {
        throw WorkflowError(.invalid, "\(url.path): a result needs no mask")
      }
      do {
        return .result(try JSONFile.read(StudyScore.self, from: url))
      } catch {
        throw WorkflowError(
          .invalid, "\(error); a result is what cac score --json prints of one scan")
      }
    }
    var scoring = ScoringRequest(input: url)
    scoring.mask = mask
    scoring.model = mask == nil ? request.model : nil
    scoring.convention = request.convention
    scoring.kv = request.kv
    scoring.dicom = request.dicom
    scoring.keepsScans = true
    say("scoring the \(name) scan")
    let outcome = try await ScoringRun(scoring).run(say: { _ in }, progress: progress)
    guard outcome.kept.count == 1, outcome.leftOut.isEmpty, let kept = outcome.kept.first else {
      throw WorkflowError(
        .invalid,
        "\(url.path): holds \(outcome.kept.count + outcome.leftOut.count) scans; compare one with one"
      )
    }
    return .scan(kept)
  }

  /// Refuses scans of different patients, and notes where the headers do not say.
  private func patients(_ prior: ScoredScan?, _ current: ScoredScan?) throws -> [String] {
    guard let a = prior?.scan.identity, let b = current?.scan.identity else { return [] }
    switch a.agreement(with: b) {
    case .same: return []
    case .unknown: return ["the headers do not say whether both scans are of one patient"]
    case .different(let what):
      guard request.force else {
        throw WorkflowError(
          .refused,
          "the \(what) of the scans differs, so they are not compared; --force compares them all the same"
        )
      }
      return ["the \(what) of the scans differs; compared because --force was given"]
    }
  }

  private func years(_ prior: ScoredScan?, _ current: ScoredScan?) throws -> Double? {
    if let years = request.years { return years }
    guard let a = prior?.scan.identity, let b = current?.scan.identity, let days = a.days(to: b)
    else { return nil }
    guard days >= 0 else {
      throw WorkflowError(
        .invalid,
        "the current scan is \(counted(Int(-days), "day")) older than the prior one; exchange them, or give "
          + "--years")
    }
    return days / Progression.daysOfYear
  }
}
