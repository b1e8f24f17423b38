// SPDX-License-Identifier: Apache-2.0
import Agatston
import Segmentation
import Volume

/// A lesion of a scored mask with its voxels.
struct LesionVoxels: Sendable {
  /// Its number, from 1 by falling points.
  var number = 0
  /// The artery with most of its voxels; `nil` where the model tells none.
  let artery: Artery?
  /// Its points.
  let points: Double
  /// Its voxels, as indices into the scan.
  let voxels: [Int]
  /// The slice with most of it.
  let slice: Int

  /// The lesions of a mask: connected voxels from the convention's threshold in HU with a score, most points
  /// first; all voxels of the mask without a threshold.
  static func all(
    of mask: Volume<UInt8>, ct: Volume<Int16>, hasArteries: Bool, threshold: Int?,
    scorer: CandidateScorer
  ) throws -> [LesionVoxels] {
    let extent = ct.extent
    let least = threshold ?? Int(Int16.min)
    let scored = zip(mask.voxels, ct.voxels).map { $0 != 0 && Int($1) >= least ? UInt8(1) : 0 }
    let parts = ConnectedComponents(
      of: scored, shape: [extent.slices, extent.rows, extent.columns])
    var voxels = [[Int]](repeating: [], count: parts.count)
    for (i, label) in parts.labels.enumerated() where label > 0 { voxels[Int(label) - 1].append(i) }
    var lesions: [LesionVoxels] = []
    for part in voxels {
      let points = try scorer.score(part).agatston
      guard points > 0 else { continue }
      func most<Key: Hashable & Comparable>(_ key: (Int) -> Key) -> Key? {
        var counts: [Key: Int] = [:]
        for voxel in part { counts[key(voxel), default: 0] += 1 }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
      }
      lesions.append(
        LesionVoxels(
          artery: hasArteries ? most { mask.voxels[$0] }.flatMap(Artery.init) : nil, points: points,
          voxels: part, slice: most { $0 / extent.sliceCount } ?? 0))
    }
    lesions.sort { ($1.points, $0.voxels[0]) < ($0.points, $1.voxels[0]) }
    for i in lesions.indices { lesions[i].number = i + 1 }
    return lesions
  }
}
