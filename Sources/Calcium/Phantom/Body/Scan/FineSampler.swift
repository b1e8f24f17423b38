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

  /// The noises of a row of points, which change slowly: they are looked up at every few points.
  private struct RowNoise {
    let step: Int
    let nodes: [SIMD4<Float>]

    init(_ noise: SmoothNoise, _ places: [Point], step: Int) {
      self.step = step
      nodes = (0...(places.count - 1) / step + 1).map { k in
        let p = places[min(k * step, places.count - 1)]
        return [
          BodySampler.rough(noise, at: p), BodySampler.patch(noise, at: p),
          BodySampler.pad(noise, at: p), BodySampler.vessel(noise, at: p),
        ]
      }
    }

    /// The noises of a point: uneven tissue, strands, pads of fat, vessels of the lung.
    @inline(__always)
    func at(_ x: Int) -> SIMD4<Float> {
      let k = x / step
      return nodes[k] + (nodes[k + 1] - nodes[k]) * (Float(x - k * step) / Float(step))
    }
  }

  /// Adds a row of points to an image, and what calcium adds to it by artery.
  func add(
    _ places: [Point], share: Float, to image: inout [Float], at start: Int,
    _ calcium: inout [(Artery, [Float])]
  ) {
    let count = image.count
    guard places.count > 1 else { return }
    let apart = length(places[1] - places[0])
    let noise = RowNoise(scene.noise, places, step: min(max(Int(1.7 / apart), 1), 4))
    for (x, p) in places.enumerated() {
      var hu = tissue(at: p, noise.at(x))
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
  private func tissue(at p: Point, _ noise: SIMD4<Float>) -> Float {
    let q = (p - grid.origin) / grid.spacing
    let base = q.rounded(.down)
    guard base.x >= 0, base.y >= 0, base.z >= 0 else { return coarse.plainHU(at: p) }
    let (x, y, z) = (Int(base.x), Int(base.y), Int(base.z))
    guard x + 1 < grid.extent.x, y + 1 < grid.extent.y, z + 1 < grid.extent.z else {
      return coarse.plainHU(at: p)
    }
    let voxel = (z * grid.extent.y + y) * grid.extent.x + x
    func value(_ i: Int) -> Float { coarse.mean(i, patch: noise.y, pad: noise.z, vessel: noise.w) }
    let uneven = coarse.unevenness(voxel, at: p, rough: noise.x)
    if scene.atlas.isUniform[voxel] != 0, scene.atlas.grooves[voxel] == 255 {
      return value(voxel) + uneven
    }
    // Between the centres of eight voxels: weights with flat ends keep borders crisp.
    let t = q - base
    let w = t * t * (Point(repeating: 3) - 2 * t)
    let (row, slab) = (grid.extent.x, grid.extent.x * grid.extent.y)
    func line(_ i: Int) -> Float { mix(value(i), value(i + 1), w.x) }
    let front = mix(line(voxel), line(voxel + row), w.y)
    let back = mix(line(voxel + slab), line(voxel + slab + row), w.y)
    return mix(front, back, w.z) + uneven
  }
}
