// SPDX-License-Identifier: Apache-2.0
import NNUNet
import Stages
import Volume

/// The candidates of a case that networks of nnU-Net's kind segmented, with the probability of each.
///
/// A candidate is a connected set of voxels of at least 130 HU, as in models of stages, somewhere in which
/// the networks see calcium with a probability that is not negligible. Its probability is the mean of those
/// of its surer half of voxels: at its rim networks are never sure.
struct WeighedCase {
  private let candidates: [StageCandidate]
  private let labels: Volume<UInt8>
  private let hasArteries: Bool
  private let chance: [Double]
  private var opinions: [[Double]]

  /// The probability of a voxel from which its candidate is one.
  private static let least: Float = 0.02

  /// The candidates of a case.
  ///
  /// - Parameters:
  ///   - ct: the scan in HU.
  ///   - labels: the label map, on its grid.
  ///   - foreground: the probability of being no background, on its grid.
  ///   - hasArteries: whether labels are arteries, 1 to 4.
  init(
    _ ct: Volume<Int16>, labels: Volume<UInt8>, foreground: Volume<Float>, hasArteries: Bool
  ) {
    (self.labels, self.hasArteries) = (labels, hasArteries)
    candidates = CandidateFinder(smallestArea: 0).candidates(in: ct) { x, y, z in
      foreground[z, y, x] >= Self.least || labels[z, y, x] != 0
    }
    chance = candidates.map { Self.chance(of: $0, in: foreground) }
    opinions = Array(repeating: [], count: candidates.count)
  }

  /// Adds an opinion: the probability of being no background, on the scan's grid.
  mutating func add(_ foreground: Volume<Float>) {
    for (i, candidate) in candidates.enumerated() {
      opinions[i].append(Self.chance(of: candidate, in: foreground))
    }
  }

  /// The candidates; what the label map counts of one is what is scored.
  var weighed: [WeighedCandidate] {
    candidates.indices.map { i in
      let counted = candidates[i].voxels.filter { labels.voxels[$0] != 0 }
      var votes = Array(repeating: 0, count: 5)
      for voxel in counted where hasArteries { votes[min(4, Int(labels.voxels[voxel]))] += 1 }
      let most = StagedModel.arteries.indices.max { votes[$0 + 1] < votes[$1 + 1] } ?? 0
      return WeighedCandidate(
        voxels: counted.isEmpty ? candidates[i].voxels : counted,
        artery: votes[most + 1] > 0 ? StagedModel.arteries[most] : nil,
        isCounted: !counted.isEmpty, chance: chance[i], chances: opinions[i])
    }
  }

  private static func chance(of candidate: StageCandidate, in map: Volume<Float>) -> Double {
    let values = candidate.voxels.map { map.voxels[$0] }.sorted(by: >)
    let half = values.prefix((values.count + 1) / 2)
    return Double(half.reduce(0, +)) / Double(half.count)
  }
}
