// SPDX-License-Identifier: Apache-2.0
import Explanation
import Segmentation
import Stages
import Volume
import Workflow

/// Makes maps of a stage's classifier over a scan, on the scan's grid.
struct ClassifierLook {
  private let explainer: CandidateExplainer
  private let views: CandidateViews
  private let candidates: [StageCandidate]
  private let geometry: Geometry

  /// The name of the stage in files.
  static let stage = "classifier"
  /// The most candidates that are looked at, those with most points first.
  private static let most = 8

  /// The candidates that some lesions are of, by a model; `nil` without a classifier.
  init?(_ predictor: StagedPredictor, _ ct: Volume<Int16>, lesions: [LesionVoxels]) throws {
    let seen = try predictor.look(at: ct)
    guard let explainer = try CandidateExplainer(seen.model, seen.views) else { return nil }
    (self.explainer, views, geometry) = (explainer, seen.views, ct.geometry)
    var chosen: [StageCandidate] = []
    var taken = Set<Int>()
    for lesion in lesions.prefix(Self.most) {
      let voxels = Set(lesion.voxels)
      let place = seen.candidates.firstIndex { $0.voxels.contains(where: voxels.contains) }
      if let place, taken.insert(place).inserted { chosen.append(seen.candidates[place]) }
    }
    candidates = chosen
  }

  /// The number of candidates.
  var count: Int { candidates.count }

  /// The map of a method on the scan's grid, and the check of that of the largest candidate.
  func make(
    _ method: ExplainMethod, progress: (Int) -> Void
  ) throws -> (map: Volume<Float>, check: MapCheck?) {
    var whole = Volume<Float>(geometry: geometry, repeating: 0)
    var check: MapCheck?
    for (number, candidate) in candidates.enumerated() {
      if StopSignal.isAsked { throw WorkflowError(.stopped, StudyScorer.stopped) }
      let map =
        try method == .patchOcclusion
        ? explainer.occlusion(of: candidate) : explainer.gradCAM(of: candidate)
      // Occlusion computes scores alone: there are no weights whose map could be like it.
      if number == 0, method != .patchOcclusion {
        let found = try explainer.check(map, of: candidate)
        // A classifier that answers the same to anything has no map that could be right.
        if found.deletion.isFinite { check = found }
      }
      views.spread(map, of: candidate, over: &whole)
      progress(number + 1)
    }
    return (whole, check)
  }
}
