// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The rules between the stages.
public struct StageRules: Codable, Hashable, Sendable {
  /// The least closeness to an artery for a candidate to be its calcium.
  public var heat: Float = 0.3
  /// The least probability of lying in the sac.
  public var sac: Float = 0.5
  /// How near a candidate must come to an artery to be looked at at all.
  public var leastHeat: Float = 0.08
  /// The least probability of lying in the sac for a candidate to be looked at at all.
  public var leastSac: Float = 0.2

  /// The least probability of being an artery's calcium, where there is a classifier.
  public var probability: Float = 0.8
  /// The same for faint specks: one spot of noise would change the class of a healthy person.
  public var faintProbability: Float = 0.85
  /// The area in mm² below which a faint candidate is a speck.
  public var faintArea = 2.0
  /// The peak in HU below which a small candidate is a faint speck.
  public var faintPeak: Int16 = 160
  /// The least probability in a person who is known to have calcium, ``knownVolume`` of it; a faint speck
  /// needs ``faintProbability`` all the same.
  ///
  /// A wrong lesion gives a healthy person a score and the wrong class; in a person with calcium a lesion
  /// that is left out costs as much as a wrong one.
  public var probabilityBesideCalcium: Float = 0.6
  /// From how much calcium on, in mm³, a person is known to have some.
  public var knownVolume = 20.0

  /// The closeness to an artery from which a candidate lies on its course.
  public var courseHeat: Float = 0.3
  /// The peak in HU from which it may be metal: nineteen in twenty lesions of patients stay below 815.
  public var coursePeak: Int16 = 1000
  /// The probability of an artery below which the course does not help.
  public var leastChance: Float = 0.1
  /// By what the class of other things is multiplied on the course of an artery.
  ///
  /// Training shows decoys as often as plaques; in patients what is dense on an artery is calcium.
  /// Probabilities are made those of other shares of the classes so (Saerens et al., Neural Comput. 2002,
  /// 14:21–41, eq. 2.4).
  public var otherShare: Float = 0.2

  /// The least probability of lying in the aorta, and the most of lying in bone, for calcium of the
  /// aorta's wall that is near no artery.
  public var aorta: Float = 0.35
  /// The least peak of such calcium, in HU.
  public var aortaPeak: Int16 = 200

  /// What the logit of the chance of being coronary calcium is multiplied by, to calibrate it.
  ///
  /// It is fitted on scans that no training has seen, with the offset.
  public var calibrationSlope: Float = 1
  /// What is added to that logit.
  public var calibrationOffset: Float = 0

  /// At how many places the localiser's cubes lie in turn, 1 to 5.
  public var places = 3

  /// The usual rules.
  public init() {}

  /// 1 for each coarse voxel where candidates may begin.
  func region(sac: [Float], heat: [[Float]]) -> [Float] {
    sac.indices.map { i in
      let near = heat.contains { $0[i] > leastHeat }
      return sac[i] > leastSac && near ? 1 : 0
    }
  }

  /// A chance whose logit is calibrated (Platt, "Probabilistic outputs for support vector machines", in
  /// Advances in Large Margin Classifiers, 1999, 61–74).
  func calibrated(_ chance: Float) -> Float {
    guard calibrationSlope != 1 || calibrationOffset != 0 else { return chance }
    let inside = min(max(chance, 1e-6), 1 - 1e-6)
    return 1 / (1 + expf(-calibrationSlope * logf(inside / (1 - inside)) - calibrationOffset))
  }

  /// The class of things that no other class names: decoys, stents and other metal.
  static let otherClass = "other"

  /// The probability that a candidate is calcium of an artery, from the classifier.
  ///
  /// On the course of an artery what is dense, and less so than stents and other metal, is calcium; the
  /// class of other things counts less there.
  public func chance(of candidate: StageCandidate) -> Float {
    chance(of: candidate, candidate.probabilities)
  }

  /// The same by each of the localiser's maps; by their mean alone where it was not asked with each.
  public func chances(of candidate: StageCandidate) -> [Float] {
    candidate.variants.isEmpty
      ? [chance(of: candidate)] : candidate.variants.map { chance(of: candidate, $0) }
  }

  private func chance(of candidate: StageCandidate, _ probabilities: [String: Float]) -> Float {
    let sum = StagedModel.arteries.reduce(0) { $0 + (probabilities[$1] ?? 0) }
    let isOnCourse =
      candidate.sac > 0.8 && candidate.peak < coursePeak
      && (candidate.nearestArtery?.heat ?? 0) > courseHeat
    let other = probabilities[Self.otherClass] ?? 0
    guard isOnCourse, sum > leastChance else { return calibrated(sum) }
    return calibrated(min(1, sum / (1 - other * (1 - otherShare))))
  }

  /// Whether so much of what was found is sure to be calcium of arteries that the person has some.
  func knowsCalcium(of candidates: [StageCandidate], voxelVolume: Double) -> Bool {
    let voxels = candidates.reduce(0) { sum, candidate in
      let isSure = !candidate.probabilities.isEmpty && artery(of: candidate) != nil
      return sum + (isSure ? candidate.voxels.count : 0)
    }
    return Double(voxels) * voxelVolume >= knownVolume
  }

  /// The artery of a candidate: by the classifier, or by its place alone where there is none.
  ///
  /// - Parameters:
  ///   - candidate: what is bright near the heart.
  ///   - besideCalcium: whether the person is known to have calcium, see ``knownVolume``.
  public func artery(of candidate: StageCandidate, besideCalcium: Bool = false) -> String? {
    guard candidate.probabilities.isEmpty else {
      let chances = StagedModel.arteries.map { ($0, candidate.probabilities[$0] ?? 0) }
      let isFaint = candidate.area < faintArea && candidate.peak < faintPeak
      let usual = besideCalcium ? min(probability, probabilityBesideCalcium) : probability
      guard chance(of: candidate) > (isFaint ? faintProbability : usual) else { return nil }
      return chances.max { $0.1 < $1.1 }?.0
    }
    guard candidate.sac > sac, let nearest = candidate.nearestArtery, nearest.heat > heat else {
      return nil
    }
    return nearest.name
  }
}
