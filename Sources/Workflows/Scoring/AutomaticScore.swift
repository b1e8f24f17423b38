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
  /// The range of the score; `nil` from a model without probabilities of candidates.
  private(set) var range: ScoreRange?
  /// Whether the model has stages, and no classifier among them.
  let goesByPlaceAlone: Bool
  /// Why the score is to be doubted.
  private(set) var doubts: [Doubt] = []

  /// What comes with a score.
  ///
  /// - Parameters:
  ///   - model: which model made the mask.
  ///   - findings: what it found beside the mask; `nil` from a model of one network.
  ///   - scorer: scores the candidates as the scan was scored.
  ///   - score: the score.
  init(
    _ model: ModelIdentity, _ findings: StagedFindings?, scorer: CandidateScorer,
    score: CalciumScore
  ) throws {
    self.model = model
    goesByPlaceAlone = findings?.hasClassifier == false
    guard let findings else { return }
    doubts = findings.heart.doubts
    if findings.smoothing > 0 {
      doubts.append(
        Doubt(
          "so noisy that calcium was sought in a copy smoothed by \(readable(findings.smoothing)) mm: "
            + "small plaques may be missed",
          "so noisy that calcium was sought in a smoothed copy: small plaques may be missed"))
    }
    guard findings.hasClassifier else { return }
    var sites = Dictionary(uniqueKeysWithValues: NonCoronarySite.allCases.map { ($0, Beside()) })
    var chances: [(points: Double, chances: [Double])] = []
    var undecided = (count: 0, points: 0.0)
    for candidate in findings.candidates {
      guard let chance = candidate.chance else { continue }
      if case .beside(let site) = candidate.decision {
        let part = try scorer.score(candidate.voxels)
        sites[site, default: Beside()].agatston += part.agatston
        sites[site, default: Beside()].volume += part.volume
        sites[site, default: Beside()].lesions += part.lesions.count
      }
      guard chance > 0.001 else { continue }
      let points = try scorer.score(candidate.voxels).agatston
      chances.append((points, [chance] + candidate.chances))
      if points > 0, ScanLimits.undecided.contains(chance) {
        undecided = (undecided.count + 1, undecided.points + points)
      }
    }
    nonCoronary = sites
    let range = ScoreRange(chances, score: score.agatston)
    self.range = range
    if range.classes.count > 1 {
      let names = range.classes.map(\.rawValue).joined(separator: " or ")
      let cause =
        undecided.count == 0
        ? "because small chances of many candidates add up"
        : "because \(counted(undecided.count, "candidate")) of \(readable(undecided.points)) points "
          + "\(undecided.count == 1 ? "is" : "are") undecided"
      doubts.append(
        Doubt(
          "the class is uncertain: \(names), \(cause)",
          "the class is uncertain"))
    }
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

  /// The same without what holds for one convention only.
  var withoutScores: AutomaticScore {
    var copy = self
    (copy.range, copy.nonCoronary) = (nil, nil)
    return copy
  }

  /// Adds doubts before those that there are.
  mutating func add(_ more: [Doubt]) { doubts = more + doubts }
}

extension ScoreRange {
  /// The customary classes that it meets, the lowest first.
  var classes: [StandardClass] {
    let all = StandardClass.allCases
    guard let first = StandardClass(agatston: low).flatMap(all.firstIndex),
      let last = StandardClass(agatston: high).flatMap(all.firstIndex), first <= last
    else { return [] }
    return Array(all[first...last])
  }
}
