// SPDX-License-Identifier: Apache-2.0
import Agatston
import Segmentation
import Text
import Volume

/// What comes with a score whose mask a model made.
struct AutomaticScore: Sendable {
  /// Calcium that is no coronary artery's; it is in no total.
  struct Beside: Encodable, Hashable, Sendable {
    var agatston = 0.0
    var volume = 0.0
    var lesions = 0

    private enum CodingKeys: String, CodingKey {
      case agatston, lesions
      case volume = "volume_mm3"
    }
  }

  /// The model that made the mask.
  let model: ModelIdentity
  /// The calcium of the aorta and of the valves; `nil` from a model that does not know them.
  private(set) var nonCoronary: [NonCoronarySite: Beside]?
  /// How sure the score is; `nil` from a model without probabilities of candidates.
  private(set) var uncertainty: ScoreUncertainty?
  /// Whether the model has stages, and no classifier among them.
  let goesByPlaceAlone: Bool
  /// Why the score is to be doubted.
  private(set) var doubts: [Doubt] = []

  /// What comes with a score.
  ///
  /// - Parameters:
  ///   - model: which model made the mask.
  ///   - prediction: what it made of the scan.
  ///   - scorer: scores the candidates as the scan was scored.
  ///   - score: the score.
  init(
    _ model: ModelIdentity, _ prediction: MaskPrediction, scorer: CandidateScorer,
    score: CalciumScore
  ) throws {
    self.model = model
    let findings = prediction.findings
    goesByPlaceAlone = findings?.hasClassifier == false
    doubts = findings?.heart.doubts ?? []
    if let findings, findings.smoothing > 0 {
      doubts.append(
        Doubt(
          "so noisy that calcium was sought in a copy smoothed by \(readable(findings.smoothing)) mm: "
            + "small plaques may be missed",
          "so noisy that calcium was sought in a smoothed copy: small plaques may be missed"))
    }
    if let findings, findings.hasClassifier { nonCoronary = try Self.beside(findings, scorer) }
    guard let candidates = prediction.candidates else { return }
    let parts = try ScoreUncertainty.parts(candidates, scorer)
    let uncertainty = ScoreUncertainty(
      parts, score: score, calibration: prediction.calibration,
      sliceCount: prediction.labels.extent.sliceCount)
    self.uncertainty = uncertainty
    guard uncertainty.range.classes.count > 1 else { return }
    let undecided = parts.filter {
      $0.score.agatston > 0 && ScanLimits.undecided.contains($0.candidate.chance)
    }
    let points = undecided.reduce(0) { $0 + $1.score.agatston }
    let names = uncertainty.range.classes.map(\.rawValue).joined(separator: " or ")
    let cause =
      undecided.isEmpty
      ? uncertainty.isNearBound
        ? "because the score lies near a bound of its class"
        : "because small chances of many candidates add up"
      : "because \(counted(undecided.count, "candidate")) of \(readable(points)) points "
        + "\(undecided.count == 1 ? "is" : "are") undecided"
    doubts.append(
      Doubt("the class is uncertain: \(names), \(cause)", "the class is uncertain"))
  }

  /// The calcium that is scored beside the total.
  private static func beside(
    _ findings: StagedFindings, _ scorer: CandidateScorer
  ) throws -> [NonCoronarySite: Beside] {
    var sites = Dictionary(uniqueKeysWithValues: NonCoronarySite.allCases.map { ($0, Beside()) })
    for candidate in findings.candidates where candidate.chance != nil {
      guard case .beside(let site) = candidate.decision else { continue }
      let part = try scorer.score(candidate.voxels)
      sites[site, default: Beside()].agatston += part.agatston
      sites[site, default: Beside()].volume += part.volume
      sites[site, default: Beside()].lesions += part.lesions.count
    }
    return sites
  }

  /// The doubts of a scan's header and voxels, and of the form of its lesions, whatever the model says.
  static func doubts(
    about quality: ScanQuality, hasSharpKernel: Bool, lesions: [Lesion]
  ) -> [Doubt] {
    var doubts: [Doubt] = []
    let rods = lesions.filter { ScanLimits.looksLikeStent($0, increment: quality.increment) }
    if let longest = rods.max(by: { $0.agatston < $1.agatston }) {
      let points = rods.reduce(0) { $0 + $1.agatston }
      doubts.append(
        Doubt(
          "\(counted(rods.count, "lesion")) of \(readable(points)) points "
            + "\(rods.count == 1 ? "is" : "are") long, thin and dense (up to \(longest.peak) HU): it may be a "
            + "stent, which does not count", "calcium that may be a stent"))
    }
    if let noise = quality.noise, noise > ScanLimits.noise {
      doubts.append(
        Doubt(
          "noise of \(readable(noise, 0)) HU, above \(readable(ScanLimits.noise, 0)): spots of noise "
            + "may pass for calcium", "noise that may pass for calcium"))
    }
    if let increment = quality.increment, increment > ScanLimits.increment {
      doubts.append(
        Doubt(
          "slices every \(readable(increment)) mm: small plaques fall between them or are diluted",
          "slices more than \(readable(ScanLimits.increment, 0)) mm apart"))
    }
    if hasSharpKernel {
      let kernel = quality.kernel.map { " \($0.shown(atMost: 20))" } ?? ""
      let isThin = (quality.thickness ?? quality.increment ?? 3) < ScanLimits.thinSlice
      doubts.append(
        Doubt(
          "the kernel\(kernel) is sharp\(isThin ? " and the slices are thin" : ""): edges and noise "
            + "reach 130 HU; reconstruct with the kernel for calcium",
          "a sharp kernel, whose edges and noise reach 130 HU"))
    }
    return doubts
  }

  /// The range of the score; `nil` from a model without probabilities of candidates.
  var range: ScoreRange? { uncertainty?.range }

  /// The same without what holds for one convention only.
  var withoutScores: AutomaticScore {
    var copy = self
    (copy.uncertainty, copy.nonCoronary) = (nil, nil)
    return copy
  }

  /// Adds doubts before those that there are.
  mutating func add(_ more: [Doubt]) { doubts = more + doubts }
}
