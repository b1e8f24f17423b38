// SPDX-License-Identifier: Apache-2.0
package import Agatston
import Foundation
package import Segmentation
import Statistics
import Volume

/// How sure a model's score is: the range, the probability of each class, and the lesions that both hang on.
///
/// Each candidate counts with its probability of being coronary calcium, whose logit is divided by the
/// calibration's temperature. Within one opinion (of a fold, with noise, with the localiser's cubes elsewhere)
/// candidates are independent; the distributions of the opinions are mixed.
package struct ScoreUncertainty: Encodable, Sendable {
  /// A candidate that the score hangs on.
  package struct OpenLesion: Encodable, Hashable, Sendable {
    /// Its number in the table of lesions, from 1; `nil` where it is not counted.
    package let number: Int?
    /// Whether it is counted.
    package let isCounted: Bool
    /// The artery that it belongs to, or would.
    package let artery: String?
    /// The slice with its middle, from 0.
    package let slice: Int
    /// What it adds where it counts.
    package let agatston: Double
    /// The probability that it is coronary calcium.
    package let probability: Double
    /// Its share of the variance of the score.
    package let share: Double
    /// How much opinions differ: the standard deviation of the probability.
    package let disagreement: Double

    private enum CodingKeys: String, CodingKey {
      case artery, slice, agatston, probability, disagreement
      case isCounted = "counted"
      case number = "lesion"
      case share = "variance_share"
    }

    /// Writes every key; what is unknown is null.
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(number, forKey: .number)
      try container.encode(isCounted, forKey: .isCounted)
      try container.encode(artery, forKey: .artery)
      try container.encode(slice, forKey: .slice)
      try container.encode(agatston, forKey: .agatston)
      try container.encode(probability, forKey: .probability)
      try container.encode(share, forKey: .share)
      try container.encode(disagreement, forKey: .disagreement)
    }
  }

  /// The range of the score.
  package let range: ScoreRange
  /// The probability of each class.
  package let classes: [StandardClass: Double]
  /// What the score hangs on, first what adds most to its variance.
  package let lesions: [OpenLesion]
  /// The standard deviation of the score in Agatston points.
  let deviation: Double
  /// The largest number of opinions about a candidate.
  let opinions: Int
  private let calibration: UncertaintyCalibration?

  /// Candidates less likely than this never count: classifiers of stages look at them once alone, and large
  /// ones, as pieces of bone, would rule the sum.
  static let leastChance = 0.01
  /// The share of the variance from which a lesion is one that the score hangs on.
  private static let leastShare = 0.02
  /// The most lesions that are named.
  private static let mostLesions = 20

  /// A candidate with what it adds to the score.
  struct Part: Sendable {
    let candidate: WeighedCandidate
    let score: CalciumScore
  }

  /// The uncertainty of a score.
  ///
  /// - Parameters:
  ///   - parts: the candidates that may count.
  ///   - score: the score that is reported, with its lesions.
  ///   - calibration: how surely the probabilities are right.
  ///   - sliceCount: the number of voxels of a slice.
  init(
    _ parts: [Part], score: CalciumScore, calibration: UncertaintyCalibration?, sliceCount: Int
  ) {
    let sum = Self.sum(parts, calibration)
    self.calibration = calibration
    let margin = calibration?.margin
    range = ScoreRange(sum, score: score.agatston, margin: margin)
    classes = Self.classes(sum, margin: margin ?? 0)
    deviation = max(0, sum.variance).squareRoot()
    opinions = parts.map(\.candidate.chances.count).max() ?? 0
    let temperature = calibration?.temperature ?? 1
    let order = parts.indices.sorted { (sum.shares[$1], $0) < (sum.shares[$0], $1) }
    lesions = order.prefix(Self.mostLesions).compactMap { i in
      let share = sum.variance > 0 ? sum.shares[i] / sum.variance : 0
      guard share >= Self.leastShare else { return nil }
      let candidate = parts[i].candidate
      let chances = candidate.chances.map { Temperature.apply(temperature, to: $0) }
      let mean = chances.reduce(0, +) / Double(chances.count)
      let spread = chances.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(chances.count)
      return OpenLesion(
        number: candidate.isCounted
          ? Self.number(
            of: parts[i].score, slices: Set(candidate.voxels.map { $0 / sliceCount }),
            in: score.lesions) : nil, isCounted: candidate.isCounted,
        artery: candidate.artery, slice: candidate.voxels[candidate.voxels.count / 2] / sliceCount,
        agatston: parts[i].score.agatston, probability: mean, share: share,
        disagreement: spread.squareRoot())
    }
  }

  /// The uncertainty of a prediction's score; `nil` without probabilities.
  package init?(
    _ prediction: MaskPrediction, score: CalciumScore, scorer: CandidateScorer
  ) throws {
    guard let candidates = prediction.candidates else { return nil }
    self.init(
      try Self.parts(candidates, scorer), score: score, calibration: prediction.calibration,
      sliceCount: prediction.labels.extent.sliceCount)
  }

  /// The candidates that are likely enough to count, with what each adds.
  static func parts(_ candidates: [WeighedCandidate], _ scorer: CandidateScorer) throws -> [Part] {
    try candidates.compactMap { candidate in
      guard candidate.chance > leastChance, !candidate.voxels.isEmpty else { return nil }
      return Part(candidate: candidate, score: try scorer.score(candidate.voxels))
    }
  }

  /// Whether the class is open though the sums of candidates are all but certain.
  var isNearBound: Bool { deviation < 0.05 * (range.high + 1) }

  /// The distribution of the sum of candidates, as the calibration has it.
  static func sum(_ parts: [Part], _ calibration: UncertaintyCalibration?) -> CountedSum {
    let temperature = calibration?.temperature ?? 1
    return CountedSum(
      parts.map { part in
        (
          part.score.agatston,
          part.candidate.chances.map { Temperature.apply(temperature, to: $0) }
        )
      })
  }

  /// The probability of each class.
  ///
  /// The margin holds nine in ten of what rims and other small things change, so that it is 1.645 standard
  /// deviations of the logarithm of 1 + a sum that is not 0.
  private static func classes(_ sum: CountedSum, margin: Double) -> [StandardClass: Double] {
    let deviation = max(margin, 1e-4) / 1.6448536269514722
    let bounds = [0, log1p(10.0), log1p(100.0), log1p(400.0), .infinity]
    var result: [StandardClass: Double] = [:]
    let (zero, rest) = (sum.probabilities[0], sum.probabilities.enumerated().dropFirst())
    result[.zero] = min(1, zero)
    for (place, name) in StandardClass.allCases.dropFirst().enumerated() {
      result[name] = rest.reduce(0) { total, entry in
        guard entry.element > 1e-12 else { return total }
        let middle = log1p(Double(entry.offset) * sum.step)
        func below(_ bound: Double) -> Double {
          0.5 * erfc((middle - bound) / (deviation * 2.0.squareRoot()))
        }
        // What would fall to 0 and below stays in the lowest class with calcium.
        let low = place == 0 ? 0 : below(bounds[place])
        return total + entry.element * (below(bounds[place + 1]) - low)
      }
    }
    return result
  }

  /// The number of the lesion that a counted candidate is, or the largest part of it.
  ///
  /// The score of a candidate is one of its own box, whose slices count from 0; positions are the scan's.
  private static func number(
    of part: CalciumScore, slices: Set<Int>, in lesions: [Lesion]
  ) -> Int? {
    guard let largest = part.lesions.max(by: { $0.agatston < $1.agatston }) else { return nil }
    func distance(_ lesion: Lesion) -> Double {
      let way = lesion.centroid - largest.centroid
      return (way * way).sum()
    }
    let near = lesions.indices.filter { !slices.isDisjoint(with: lesions[$0].slices) }
    return near.min { distance(lesions[$0]) < distance(lesions[$1]) }.map { $0 + 1 }
  }

  private enum CodingKeys: String, CodingKey {
    case classes, opinions, calibration
    case deviation = "standard_deviation"
    case lesions = "hangs_on"
  }

  /// Writes every key; without a calibration it is null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let named = Dictionary(uniqueKeysWithValues: classes.map { ($0.key.rawValue, $0.value) })
    try container.encode(named, forKey: .classes)
    try container.encode(deviation, forKey: .deviation)
    try container.encode(opinions, forKey: .opinions)
    try container.encode(lesions, forKey: .lesions)
    try container.encode(calibration, forKey: .calibration)
  }
}
