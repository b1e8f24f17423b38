// SPDX-License-Identifier: Apache-2.0
package import Agatston
import Segmentation
package import Studies
package import Volume
import Workflow

/// Scores one scan again and again under changing masks, as `cac score` scores it.
///
/// The review page asks it after every click. What the scan alone tells, its quality and its
/// threshold, is found out once.
///
/// ```swift
/// let scoring = try ScanScoring(scan, named: "case", ScoringRequest(input: folder))
/// let score = try scoring.score(mask, labels: .arteries)  // as cac score --mask
/// ```
package struct ScanScoring: Sendable {
  /// The scan.
  package let scan: Scan.Loaded
  /// The least HU that counts, by the tube voltage.
  package let threshold: Int16
  private let id: String
  private let run: ScoringRun
  private let quality: ScanQuality
  private let mass: MassCalibration?

  /// The scoring of a scan under the request's convention and voltage.
  ///
  /// - Throws: `AgatstonError` where the tube voltage has no thresholds or the slices are not axial,
  ///   `WorkflowError` for an unknown convention.
  package init(_ scan: Scan.Loaded, named id: String, _ request: ScoringRequest) throws {
    self.scan = scan
    self.id = id
    run = try ScoringRun(request)
    mass = MassCalibration(request.massCalibration, scan)
    let nothing = try Agatston.score(
      ct: scan.ct, mask: Volume(geometry: scan.ct.geometry, repeating: 0),
      convention: run.conventions[0], options: run.options(.calcium, scan, mass))
    threshold = nothing.convention.bounds.lower[0]
    quality = try run.quality(of: scan, threshold: threshold)
  }

  /// The score of a mask on the scan's grid.
  package func score(_ mask: Volume<UInt8>, labels: MaskLabels) throws -> StudyScore {
    let score = try Agatston.score(
      ct: scan.ct, mask: mask, convention: run.conventions[0],
      options: run.options(labels, scan, mass))
    return StudyScore(study: id, seriesUID: scan.seriesUID, score: score, quality: quality)
  }

  /// The score of marked runs, as that of a mask which holds them.
  package func score(_ marked: [MarkedRun], labels: MaskLabels) throws -> StudyScore {
    let score = try Agatston.score(
      ct: scan.ct, marked: marked, convention: run.conventions[0],
      options: run.options(labels, scan, mass))
    return StudyScore(study: id, seriesUID: scan.seriesUID, score: score, quality: quality)
  }

  /// The scan with the score of a mask, as comparisons of scans take it.
  package func scored(_ mask: Volume<UInt8>, labels: MaskLabels) throws -> ScoredScan {
    ScoredScan(
      score: try score(mask, labels: labels), scan: scan, mask: mask,
      hasArteryLabels: labels == .arteries, heartCentre: nil, doubts: [], model: nil)
  }

  /// The points, the volume in mm³ and the peak of some voxels alone, indices into the scan.
  package func score(voxels: [Int]) throws -> CalciumScore {
    try CandidateScorer(
      scan.ct, convention: run.conventions[0], options: run.options(.calcium, scan, mass)
    ).score(voxels)
  }
}

extension ScoringOutcome {
  /// The outcome of scores that people gave, for the same tables as `cac score` writes.
  package init(read scores: [StudyScore], remarks: [String]) {
    self.init(showsCandidates: false)
    for score in scores {
      add(Study(scores: [score], hasArteryLabels: score.score.arteries != nil))
    }
    self.remarks = remarks
  }
}
