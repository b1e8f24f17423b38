// SPDX-License-Identifier: Apache-2.0
import Atlas
import Foundation
import Meshes

/// Finds places in an atlas by what lies there.
struct AtlasFinder {
  let atlas: BodyAtlas
  /// The thickness of the fat under the skin, in mm.
  let fat: Float

  /// The tissue at a point; nil beside the atlas.
  private func tissue(at p: Point) -> (tissue: Tissue, voxel: Int)? {
    guard let i = atlas.grid.index(at: p) else { return nil }
    return (Tissue(rawValue: atlas.tissues[i]) ?? .outside, i)
  }

  /// Some points of a tissue about another point, as far as chance finds them.
  func points(
    in tissue: Tissue, round centre: Point, _ count: Int, _ random: inout KeyedRandom
  ) -> [Point] {
    var result: [Point] = []
    for _ in 0..<count * 40 where result.count < count {
      let p = centre + random.jitter(32)
      if self.tissue(at: p)?.tissue == tissue { result.append(p) }
    }
    return result
  }

  /// One point of a tissue about another point.
  func point(in tissue: Tissue, round centre: Point, _ random: inout KeyedRandom) -> Point? {
    points(in: tissue, round: centre, 12, &random)
      .min { length($0 - centre) < length($1 - centre) }
  }

  /// The middle of a tissue of the heart.
  func middle(of tissue: Tissue, _ random: inout KeyedRandom) -> Point? {
    let found = points(in: tissue, round: atlas.heartCentre, 40, &random)
    return found.isEmpty ? nil : found.reduce(.zero, +) / Float(found.count)
  }

  /// The first place on a way whose tissue is one that is looked for.
  func first(
    from start: Point, towards heading: Point, _ isWanted: (Tissue) -> Bool
  ) -> Point? {
    for step in 0..<260 {
      let p = start + normalized(heading) * Float(step)
      guard let (tissue, _) = tissue(at: p) else { return nil }
      if isWanted(tissue) { return p }
    }
    return nil
  }

  /// Where a way leaves the body.
  func skin(from start: Point, towards heading: Point) -> Point? {
    for step in 0..<300 {
      let p = start + normalized(heading) * Float(step)
      guard let (tissue, voxel) = tissue(at: p) else { return nil }
      if tissue == .outside, Float(atlas.outsideDistances[voxel]) > fat + 1 { return p }
    }
    return nil
  }
}
