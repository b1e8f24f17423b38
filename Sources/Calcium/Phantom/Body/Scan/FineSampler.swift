// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import Meshes

/// The HU of a subject at points of the atlas, between whose voxels tissues change smoothly.
struct FineSampler {
  private let scene: BodyScene
  private let edge: Float
  private let coarse: BodySampler
  private let grid: VoxelGrid

  init(scene: BodyScene, edge: Float) {
    self.scene = scene
    self.edge = edge
    coarse = BodySampler(scene: scene, edge: edge)
    grid = scene.atlas.grid
  }

  /// Adds a row of points to an image, and what calcium adds to it by artery.
  func add(
    _ places: [Point], share: Float, to image: inout [Float], at start: Int,
    _ calcium: inout [(Artery, [Float])]
  ) {
    let count = image.count
    for (x, p) in places.enumerated() {
      var hu = tissue(at: p)
      if let near = scene.calcium.near(p) {
        for number in near {
          let blob = scene.calcium.blobs[Int(number)]
          let part = blob.coverage(at: p, edge: edge)
          guard part > 0, blob.attenuation > hu else { continue }
          let change = part * (blob.attenuation - hu)
          hu += change
          guard case .coronary(let artery) = blob.kind else { continue }
          let place =
            calcium.firstIndex { $0.0 == artery }
            ?? {
              calcium.append((artery, Array(repeating: 0, count: count)))
              return calcium.count - 1
            }()
          calcium[place].1[start + x] += share * change
        }
      }
      image[start + x] += share * hu
    }
  }

  /// The HU without calcium.
  @inline(__always)
  private func tissue(at p: Point) -> Float {
    let q = (p - grid.origin) / grid.spacing
    let base = q.rounded(.down)
    guard base.x >= 0, base.y >= 0, base.z >= 0 else { return coarse.plainHU(at: p) }
    let (x, y, z) = (Int(base.x), Int(base.y), Int(base.z))
    guard x + 1 < grid.extent.x, y + 1 < grid.extent.y, z + 1 < grid.extent.z else {
      return coarse.plainHU(at: p)
    }
    let voxel = (z * grid.extent.y + y) * grid.extent.x + x
    if scene.atlas.isUniform[voxel] != 0 {
      return coarse.plainHU(at: p, voxel: voxel)
    }
    // Between the centres of eight voxels: weights with flat ends keep borders crisp.
    let t = q - base
    let w = t * t * (Point(repeating: 3) - 2 * t)
    let (row, slab) = (grid.extent.x, grid.extent.x * grid.extent.y)
    func line(_ i: Int) -> Float {
      mix(coarse.mean(i, at: p), coarse.mean(i + 1, at: p), w.x)
    }
    let front = mix(line(voxel), line(voxel + row), w.y)
    let back = mix(line(voxel + slab), line(voxel + slab + row), w.y)
    return mix(front, back, w.z) + coarse.unevenness(voxel, at: p)
  }
}
