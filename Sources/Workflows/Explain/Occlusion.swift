// SPDX-License-Identifier: Apache-2.0
import Foundation
import Volume
import Workflow

/// How the score changes where a box of the scan is filled with the tissue round it.
///
/// Zeiler and Fergus 2014, section 4.2, with the Agatston score in the place of a class's probability.
/// Boxes lie on a grid over the calcium that the model found and the room round it, one box deep.
struct Occlusion {
  /// One box, and what becomes of the score without it.
  struct Box: Sendable, Codable, Hashable {
    /// The first voxel (x, y, z).
    let start: [Int]
    /// The number of voxels along x, y and z.
    let size: [Int]
    /// Agatston points of the target.
    let points: Double
  }

  let boxes: [Box]
  /// The mean loss of points of the boxes over each voxel.
  let map: Volume<Float>

  /// The voxels that boxes cover: ranges along x, y, z.
  static func region(_ mask: Volume<UInt8>, room: Double) -> [Range<Int>] {
    let extent = mask.extent
    let sizes = [extent.columns, extent.rows, extent.slices]
    let spacing = mask.geometry.spacing
    var (low, high) = (sizes, [-1, -1, -1])
    for (i, value) in mask.voxels.enumerated() where value != 0 {
      let place = [
        i % extent.columns, i / extent.columns % extent.rows, i / extent.sliceCount,
      ]
      for axis in 0..<3 {
        low[axis] = min(low[axis], place[axis])
        high[axis] = max(high[axis], place[axis])
      }
    }
    return (0..<3).map { axis in
      let margin = Int((room / spacing[axis]).rounded(.up))
      return max(0, low[axis] - margin)..<max(0, min(sizes[axis], high[axis] + margin + 1))
    }
  }

  /// The first voxels of boxes along one axis, evenly spread so that they cover a range.
  static func starts(_ range: Range<Int>, box: Int, step: Int) -> [Int] {
    guard range.count > box else { return [range.lowerBound] }
    let count = Int((Double(range.count - box) / Double(step)).rounded(.up)) + 1
    let distance = Double(range.count - box) / Double(count - 1)
    return (0..<count).map { range.lowerBound + Int((Double($0) * distance).rounded()) }
  }

  /// Occludes box after box; `edge` and `step` are in mm.
  init(
    _ scorer: StudyScorer, target: ExplainTarget, edge: Double, step: Double,
    progress: (Int, Int) -> Void
  ) throws {
    let ct = scorer.ct
    let extent = ct.extent
    let spacing = ct.geometry.spacing
    let range = Self.region(scorer.mask, room: edge / 2)
    let size = (0..<3).map { max(1, min(range[$0].count, Int((edge / spacing[$0]).rounded()))) }
    let grid = (0..<3).map { axis in
      Self.starts(
        range[axis], box: size[axis], step: max(1, Int((step / spacing[axis]).rounded())))
    }
    let before = scorer.points(of: target)
    var boxes: [Box] = []
    var map = Volume<Float>(geometry: ct.geometry, repeating: 0)
    var covers = [UInt16](repeating: 0, count: map.voxels.count)
    let total = grid.reduce(1) { $0 * $1.count }
    for z in grid[2] {
      for y in grid[1] {
        for x in grid[0] {
          var voxels: [Int] = []
          for k in z..<min(z + size[2], extent.slices) {
            for j in y..<min(y + size[1], extent.rows) {
              let line = ct.offset(k, j, 0)
              voxels += (line + x)..<(line + min(x + size[0], extent.columns))
            }
          }
          let points = try scorer.points(
            "box \(x) \(y) \(z) \(size[0]) \(size[1]) \(size[2])", of: target,
            slices: z..<min(z + size[2], extent.slices)
          ) { Inpainting.filled(ct, voxels) }
          boxes.append(Box(start: [x, y, z], size: size, points: points))
          for voxel in voxels {
            map.voxels[voxel] += Float(before - points)
            covers[voxel] += 1
          }
          progress(boxes.count, total)
        }
      }
    }
    for i in covers.indices where covers[i] > 1 { map.voxels[i] /= Float(covers[i]) }
    (self.boxes, self.map) = (boxes, map)
  }
}
