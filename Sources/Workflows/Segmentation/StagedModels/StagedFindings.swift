// SPDX-License-Identifier: Apache-2.0
import Stages
import Volume
import Workflow

/// What a model of several stages found in a scan, beside its label map.
package struct StagedFindings: Sendable {
  /// One candidate.
  package struct Found: Sendable {
    /// Its voxels in the scan, x fastest, ascending.
    package let voxels: [Int]
    /// What it was taken for.
    package let decision: CandidateDecision
    /// The probability of being calcium of any artery; `nil` without a classifier.
    package let chance: Double?
    /// The same for each place of the localiser's cubes; empty without a classifier.
    package let chances: [Double]
    /// The artery that it lies nearest to, by the localiser.
    let nearestArtery: String?

    init(_ candidate: StageCandidate, _ rules: StageRules) {
      voxels = candidate.voxels
      nearestArtery = candidate.nearestArtery?.name
      decision = CandidateDecision(of: candidate)
      chance =
        candidate.probabilities.isEmpty ? nil : Double(rules.chance(of: candidate))
      chances =
        candidate.probabilities.isEmpty ? [] : rules.chances(of: candidate).map(Double.init)
    }
  }

  /// Everything that was bright near the heart.
  package let candidates: [Found]
  /// What the localiser's maps tell of the heart and of the scan.
  package let heart: HeartFindings
  /// The standard deviation in mm of the Gaussian behind which candidates were sought; 0 for none.
  package let smoothing: Double
  /// Whether a classifier gave the candidates probabilities.
  package let hasClassifier: Bool

  /// The findings of a segmentation.
  ///
  /// - Throws: `WorkflowError` where there is no heart to be scored.
  init(
    _ segmentation: StagedSegmentation, of ct: Volume<Int16>, hasClassifier: Bool,
    rules: StageRules
  ) throws {
    heart = HeartFindings(segmentation.maps, ct)
    if let refusal = heart.refusal { throw WorkflowError(.invalid, refusal) }
    self.hasClassifier = hasClassifier
    smoothing = segmentation.smoothing
    candidates = segmentation.candidates.map { Found($0, rules) }
  }
  /// The candidates with their probabilities; `nil` without a classifier.
  var weighed: [WeighedCandidate]? {
    guard hasClassifier else { return nil }
    return candidates.compactMap { found in
      guard let chance = found.chance else { return nil }
      var artery = found.nearestArtery
      if case .coronary(let name) = found.decision { artery = name }
      return WeighedCandidate(
        voxels: found.voxels, artery: artery, isCounted: found.decision.isCoronary,
        chance: chance, chances: found.chances)
    }
  }
}
