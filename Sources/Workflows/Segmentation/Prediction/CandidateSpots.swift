// SPDX-License-Identifier: Apache-2.0
import Agatston
import Foundation
import Learning
import NNUNet
import Volume

/// The spots of a CT of at least 130 HU, on the grid of the case that it became.
struct CandidateSpots: Sendable {
  private typealias Box = [Range<Int>]

  /// A stretch of a spot along (z, y, x).
  private struct Part {
    /// On the grid of the crop, where voxels become labels.
    let crop: Box
    /// On the network's grid.
    let network: Box
  }

  /// All of them, for a network that marks one in a rib is scored for it; for mirroring.
  private let spots: [[Part]]
  /// Those that coronary calcium can be; `nil` where that cannot be told or need not be.
  private let coronary: [Part]?
  /// How much further than a box a window looks: a resampled voxel depends on its neighbours.
  private let margin: [Int]
  private let cropped: [Int]

  /// Finds them in the CT that a case came from, as far as the options ask for them.
  init(
    _ ct: Volume<Float>, as one: PreprocessedCase, transpose: [Int], for options: InferenceOptions
  ) throws {
    let hu = ct.map { Int16(max(-32768, min(32767, $0.rounded()))) }
    let (box, cropped) = (one.properties.boundingBox, one.properties.shapeAfterCropping)
    func part(_ place: CalciumPlaces.Place) -> Part? {
      let raw = [place.slice..<place.slice + 1, place.row..<place.row + 1, place.columns]
      var (crop, network) = (Box(), Box())
      for (axis, source) in transpose.enumerated() {
        let low = box[axis][0]
        let range = (raw[source].lowerBound - low..<raw[source].upperBound - low)
          .clamped(to: 0..<cropped[axis])
        // What was cropped away is background whatever the network says.
        if range.isEmpty { return nil }
        let scale = Double(one.shape[axis]) / Double(cropped[axis])
        crop.append(range)
        network.append(
          Int(
            (Double(range.lowerBound) * scale).rounded(.down))..<Int(
              (Double(range.upperBound) * scale).rounded(.up)))
      }
      return Part(crop: crop, network: network)
    }
    self.cropped = cropped
    margin = zip(one.shape, cropped).map { $0 == $1 ? 0 : 2 }
    coronary =
      options.skipsEmptyWindows ? try CalciumPlaces(hu)?.places.compactMap(part) : nil
    spots =
      options.undecided == nil
      ? []
      : Dictionary(grouping: try CalciumPlaces(everywhereIn: hu).places, by: \.spot).values
        .map { $0.compactMap(part) }
  }

  /// The windows in which calcium can lie; `nil` where these are all.
  func filter(_ labels: LabelScheme) -> WindowFilter? {
    coronary.map { WindowFilter(labels, isNeeded: test($0)) }
  }

  /// The windows over which a spot extends that a prediction leaves undecided: in one of its voxels
  /// the probability of calcium lies in the band.
  ///
  /// `resampled` brings logits to the grid of the crop.
  func undecided(
    _ labels: LabelScheme, within band: ClosedRange<Double>,
    resampled: @escaping ([Float16]) throws -> [Float16] = { $0 }
  ) -> MirroringChoice {
    let odds = CalciumOdds(labels)
    func logit(_ p: Double) -> Float { Float(log(p / (1 - p))) }
    let bounds = logit(band.lowerBound)...logit(band.upperBound)
    return MirroringChoice { logits in
      let logits = try resampled(logits)
      return test(
        spots.filter { spot in
          spot.contains { part in
            isAny(of: part.crop) { bounds.contains(odds.logarithm(logits, at: $0)) }
          }
        }.flatMap(\.self))
    }
  }

  /// Whether a window, by its first voxel and its size, has some of these in it.
  private func test(_ parts: [Part]) -> ([Int], [Int]) -> Bool {
    { start, size in
      parts.contains { part in
        (0..<3).allSatisfy { axis in
          part.network[axis].lowerBound - margin[axis] < start[axis] + size[axis]
            && part.network[axis].upperBound + margin[axis] > start[axis]
        }
      }
    }
  }

  /// Whether something holds for a voxel of a box of the crop, by its index.
  private func isAny(of box: Box, _ holds: (Int) -> Bool) -> Bool {
    box[0].contains { z in
      box[1].contains { y in
        box[2].contains { x in holds((z * cropped[1] + y) * cropped[2] + x) }
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
