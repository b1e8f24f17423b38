// SPDX-License-Identifier: Apache-2.0
import Foundation
public import Stages
import Torch
import Volume

/// What the classifier of a model of stages looked at, when it took a candidate for coronary calcium or not.
///
/// Maps lie on the fine patch round the candidate, rows × columns. The number that they explain is the log
/// odds of the four arteries together against everything else.
public struct CandidateExplainer {
  private let classifier: CandidateClassifier
  private let random: CandidateClassifier
  private let views: CandidateViews

  /// The edge in pixels of what is occluded at once: 4 mm.
  private static let box = 8
  /// The distance in pixels of such boxes.
  private static let step = 4
  /// The HU that an occluded part is given: that of blood and muscle.
  private static let tissue: Float = 40
  /// The standard deviation in pixels of the blur that makes the baseline, 4 mm.
  private static let blur: Float = 8

  /// An explainer of a model's candidates by some views of a scan; `nil` without a classifier.
  public init?(_ model: StagedModel, _ views: CandidateViews) throws {
    guard let classifier = model.classifier else { return nil }
    self.classifier = classifier
    random = try CandidateClassifier(classifier.design, seed: 1, on: .cpu)
    self.views = views
  }

  /// Grad-CAM of the fine patch.
  public func gradCAM(of candidate: StageCandidate) throws -> [Float] {
    try Self.map(classifier, views.sample(candidate))
  }

  /// By how much the number falls where a part of the fine patch is filled with tissue (Zeiler and Fergus
  /// 2014, section 4.2): the mean over the boxes on each pixel.
  public func occlusion(of candidate: StageCandidate) throws -> [Float] {
    let sample = views.sample(candidate)
    let size = classifier.design.fineSize
    let starts = Array(stride(from: 0, through: size - Self.box, by: Self.step))
    let places = starts.flatMap { row in starts.map { (row: row, column: $0) } }
    let before = try values([sample])[0]
    let after = try values(
      places.map { place in
        var changed = sample
        Self.each(place, size) { pixel in
          for channel in 0..<CandidateViews.softChannels {
            changed.fine[channel * size * size + pixel] = CandidateViews.softWindow(Self.tissue)
          }
        }
        return changed
      })
    var (map, covers) = (
      [Float](repeating: 0, count: size * size), [Float](repeating: 0, count: size * size)
    )
    for (place, value) in zip(places, after) {
      Self.each(place, size) { pixel in
        map[pixel] += Float(before - value)
        covers[pixel] += 1
      }
    }
    return zip(map, covers).map { $1 > 0 ? $0 / $1 : 0 }
  }

  /// Whether Grad-CAM tells this classifier from a random one, and how well a map ranks pixels.
  public func check(_ map: [Float], of candidate: StageCandidate) throws -> MapCheck {
    let sample = views.sample(candidate)
    let other = try Self.map(random, sample)
    let size = classifier.design.fineSize
    let plane = size * size
    var baseline = sample
    for channel in 0..<CandidateViews.softChannels {
      var image = Array(sample.fine[channel * plane..<(channel + 1) * plane])
      GaussianBlur(sigma: Self.blur).blur(&image, columns: size, rows: size)
      baseline.fine.replaceSubrange(channel * plane..<(channel + 1) * plane, with: image)
    }
    let ends = try values([sample, baseline])
    let (full, none) = (ends[0], ends[1])
    let order = map.indices.sorted { (map[$1], $0) < (map[$0], $1) }
    func mixed(_ share: Double, of first: ClassifierSample, into second: ClassifierSample)
      -> ClassifierSample
    {
      var mixed = second
      for pixel in order.prefix(max(1, Int(share * Double(plane)))) {
        for channel in 0..<CandidateViews.softChannels {
          mixed.fine[channel * plane + pixel] = first.fine[channel * plane + pixel]
        }
      }
      return mixed
    }
    let deleted = try values(MapCheck.shares.map { mixed($0, of: baseline, into: sample) })
    let inserted = try values(MapCheck.shares.map { mixed($0, of: sample, into: baseline) })
    func area(_ numbers: [Double]) -> Double {
      guard abs(full - none) > 1e-12 else { return .nan }
      return numbers.reduce(0) { $0 + ($1 - none) / (full - none) } / Double(numbers.count)
    }
    return MapCheck(
      randomised: [.init(part: "all", similarity: try MapCheck.similarity(map, other))],
      deletion: area(deleted), insertion: area(inserted))
  }

  private static func map(
    _ classifier: CandidateClassifier, _ sample: ClassifierSample
  ) throws -> [Float] {
    try classifier.activationMaps(of: sample, for: Set(StagedModel.arteries)).fine
  }

  /// The log odds of the arteries.
  private func values(_ samples: [ClassifierSample]) throws -> [Double] {
    let isArtery = classifier.design.classes.map(StagedModel.arteries.contains)
    return try classifier.probabilities(samples).map { row in
      var (inside, outside) = (1e-12, 1e-12)
      for (p, isArtery) in zip(row, isArtery) {
        if isArtery { inside += Double(p) } else { outside += Double(p) }
      }
      return log(inside / outside)
    }
  }

  private static func each(
    _ place: (row: Int, column: Int), _ size: Int, _ body: (Int) -> Void
  ) {
    for row in place.row..<place.row + box {
      for column in place.column..<place.column + box { body(row * size + column) }
    }
  }
}
