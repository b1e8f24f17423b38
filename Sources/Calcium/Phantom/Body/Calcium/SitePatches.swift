// SPDX-License-Identifier: Apache-2.0
import Atlas
import Foundation
import Meshes

/// Finds patches of the surfaces on which calcium lies, and makes deposits of them.
struct SitePatches {
  let atlas: BodyAtlas
  /// A mm of the patient in mm of the atlas.
  let unit: Float

  /// What the pieces of a deposit look like.
  struct Look {
    /// The range of half widths, in mm of the patient.
    var radius: ClosedRange<Float>
    /// The HU of the deposit.
    var attenuation: Float
    /// How much thinner pieces are across the surface.
    var flatness: Float = 1
    /// The share of the patch that pieces cover.
    var share: Float = 1
  }

  /// The most pieces that one deposit is made of.
  private static let most = 160

  /// Pieces over the places of a surface that lie round one of them.
  ///
  /// - Parameters:
  ///   - places: voxels of the atlas in growing order.
  ///   - axis: pieces lie in the plane across it, which makes rings of tubes; nil for all round.
  func deposit(
    _ kind: CalciumBlob.Kind, on places: [Int32], round voxel: Int, within reach: Float,
    across axis: Point? = nil, _ look: Look, _ random: inout KeyedRandom
  ) -> [CalciumBlob] {
    let middle = atlas.grid.position(ofVoxel: voxel)
    var result: [CalciumBlob] = []
    let slab = atlas.grid.extent.x * atlas.grid.extent.y
    let depth = Int(reach * unit / atlas.grid.spacing) + 1
    let first = lowerBound(places, Int32(max(0, (voxel / slab - depth) * slab)))
    let end = (voxel / slab + depth + 1) * slab
    var patch: [Int] = []
    for place in places[first...] {
      if Int(place) >= end { break }
      let v = atlas.grid.position(ofVoxel: Int(place)) - middle
      guard dot(v, v) <= reach * reach * unit * unit else { continue }
      if let axis, abs(dot(v, axis)) > 0.8 * atlas.grid.spacing { continue }
      patch.append(Int(place))
    }
    let share = min(look.share, Float(Self.most) / Float(max(patch.count, 1)))
    for place in patch where random.chance(share) || place == voxel {
      let p = atlas.grid.position(ofVoxel: place) + random.jitter(0.3)
      let radius = random.uniform(look.radius.lowerBound, look.radius.upperBound) * unit
      var blob = CalciumBlob(
        kind: kind, from: p, to: p + random.direction() * radius, radius: radius,
        attenuation: max(look.attenuation * random.uniform(0.65, 1.25), 150))
      if look.flatness > 1, let normal = normal(at: place) {
        blob.normal = normal
        blob.flatness = look.flatness
      }
      result.append(blob)
    }
    return result
  }

  /// The direction across the surface on which a voxel lies.
  private func normal(at voxel: Int) -> Point? {
    let extent = atlas.grid.extent
    let (x, y, z) = (
      voxel % extent.x, voxel / extent.x % extent.y, voxel / (extent.x * extent.y)
    )
    guard x > 1, y > 1, z > 1, x < extent.x - 2, y < extent.y - 2, z < extent.z - 2 else {
      return nil
    }
    var sum = Point.zero
    for k in -2...2 {
      for j in -2...2 {
        for i in -2...2 {
          let other = voxel + (k * extent.y + j) * extent.x + i
          if atlas.tissues[other] != atlas.tissues[voxel] {
            sum += Point(Float(i), Float(j), Float(k))
          }
        }
      }
    }
    return dot(sum, sum) > 1 ? normalized(sum) : nil
  }

  private func lowerBound(_ places: [Int32], _ value: Int32) -> Int {
    var (low, high) = (0, places.count)
    while low < high {
      let middle = (low + high) / 2
      if places[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The place of a list that lies nearest to a point.
  func nearest(to point: Point, of places: [Int32]) -> Int? {
    var best: (voxel: Int, distance: Float)?
    for place in places {
      let v = atlas.grid.position(ofVoxel: Int(place)) - point
      if dot(v, v) < best?.distance ?? .infinity { best = (Int(place), dot(v, v)) }
    }
    return best?.voxel
  }

  /// A point of the heart's neighbourhood in a tissue; nil where chance finds none.
  func point(
    in tissue: Tissue, within reach: Float, _ random: inout KeyedRandom
  ) -> Point? {
    for _ in 0..<300 {
      let p = atlas.heartCentre + random.jitter(reach / 2)
      if let i = atlas.grid.index(at: p), atlas.tissues[i] == tissue.rawValue { return p }
    }
    return nil
  }
}
