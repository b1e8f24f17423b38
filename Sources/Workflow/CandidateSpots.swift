// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Learning
import NNUNet
import Volume

/// The spots of a CT of at least 130 HU, on the grid of the case that it became.
struct CandidateSpots: Sendable {
  /// Boxes along (z, y, x) of the preprocessed case, those of a spot together.
  ///
  /// These are all spots, for a network that marks one in a rib is scored for it.
  private let spots: [[[Range<Int>]]]
  /// The boxes of those that coronary calcium can be; `nil` where that cannot be told.
  private let coronary: [[Range<Int>]]?
  /// How much further than a box a window looks: a resampled voxel depends on its neighbours.
  private let margin: [Int]
  private let shape: [Int]

  /// Finds them in the CT that a case came from.
  init(_ ct: Volume<Float>, as one: PreprocessedCase, transpose: [Int]) throws {
    let hu = ct.map { Int16(max(-32768, min(32767, $0.rounded()))) }
    let (box, cropped) = (one.properties.boundingBox, one.properties.shapeAfterCropping)
    let margin = zip(one.shape, cropped).map { $0 == $1 ? 0 : 2 }
    func moved(_ place: CalciumPlaces.Place) -> [Range<Int>]? {
      let raw = [place.slice..<place.slice + 1, place.row..<place.row + 1, place.columns]
      var ranges: [Range<Int>] = []
      for (axis, source) in transpose.enumerated() {
        let (low, size) = (box[axis][0], one.shape[axis])
        let scale = Double(size) / Double(cropped[axis])
        let begin = Int((Double(raw[source].lowerBound - low) * scale).rounded(.down))
        let end = Int((Double(raw[source].upperBound - low) * scale).rounded(.up))
        // What was cropped away is background whatever the network says.
        guard end + margin[axis] > 0, begin - margin[axis] < size else { return nil }
        ranges.append(begin..<end)
      }
      return ranges
    }
    (shape, self.margin) = (one.shape, margin)
    coronary = try CalciumPlaces(hu)?.places.compactMap(moved)
    spots = Dictionary(grouping: try CalciumPlaces(everywhereIn: hu).places, by: \.spot).values
      .map { $0.compactMap(moved) }
  }

  /// The windows in which calcium can lie; `nil` where these are all.
  func filter(_ labels: LabelScheme) -> WindowFilter? {
    coronary.map { WindowFilter(labels, isNeeded: test($0)) }
  }

  /// The windows over which a spot extends that a prediction leaves undecided: in one of its voxels
  /// the probability of calcium lies in the band.
  func undecided(_ labels: LabelScheme, within band: ClosedRange<Double>) -> MirroringChoice {
    let odds = CalciumOdds(labels)
    func logit(_ p: Double) -> Float { Float(log(p / (1 - p))) }
    let bounds = logit(band.lowerBound)...logit(band.upperBound)
    return MirroringChoice { logits in
      test(
        spots.filter { spot in
          spot.contains { box in
            isAny(of: box) { bounds.contains(odds.logarithm(logits, at: $0)) }
          }
        }.flatMap(\.self))
    }
  }

  /// Whether a window, by its first voxel and its size, has one of some boxes in it.
  private func test(_ boxes: [[Range<Int>]]) -> ([Int], [Int]) -> Bool {
    { start, size in
      boxes.contains { box in
        (0..<3).allSatisfy { axis in
          box[axis].lowerBound - margin[axis] < start[axis] + size[axis]
            && box[axis].upperBound + margin[axis] > start[axis]
        }
      }
    }
  }

  /// Whether a voxel of a box is such a one, by its index.
  private func isAny(of box: [Range<Int>], _ holds: (Int) -> Bool) -> Bool {
    let inside = (0..<3).map { box[$0].clamped(to: 0..<shape[$0]) }
    return inside[0].contains { z in
      inside[1].contains { y in
        inside[2].contains { x in holds((z * shape[1] + y) * shape[2] + x) }
      }
    }
  }
}

/// How probable calcium of whatever kind is, from logits.
///
/// Of labels, whose probabilities add up to 1, it is what background leaves. Of regions, which
/// overlap and have no background, it is the highest of those that an export writes as calcium.
struct CalciumOdds: Sendable {
  private let channels: [Int]
  private let hasRegions: Bool
  private let count: Int

  init(_ labels: LabelScheme) {
    hasRegions = labels.hasRegions
    count = labels.outputCount
    channels = (labels.regionsClassOrder ?? labels.allLabels).indices.filter {
      (labels.regionsClassOrder ?? labels.allLabels)[$0] != 0
    }
  }

  /// The logarithm of the odds at a voxel of logits (class, z, y, x).
  func logarithm(_ logits: [Float16], at voxel: Int) -> Float {
    let voxels = logits.count / count
    let values = channels.map { Float(logits[$0 * voxels + voxel]) }
    let largest = values.max() ?? -.infinity
    if hasRegions { return largest }
    let sum = values.reduce(0) { $0 + exp($1 - largest) }
    return largest + log(sum) - Float(logits[voxel])
  }
}
