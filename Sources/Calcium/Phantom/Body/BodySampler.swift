// SPDX-License-Identifier: Apache-2.0
import Atlas
import Meshes

/// The HU of a subject at points of the atlas.
struct BodySampler {
  let scene: BodyScene
  /// The edge of the cube that a sample stands for, in mm.
  let edge: Float
  private let grid: VoxelGrid
  private let skin: Float = 2

  init(scene: BodyScene, edge: Float) {
    self.scene = scene
    self.edge = edge
    grid = scene.atlas.grid
  }

  /// What lies at a point of the atlas in mm, and in which voxel; nil beside the atlas.
  func tissue(at p: Point) -> (tissue: Tissue, voxel: Int)? {
    // Above and below the atlas its first and last slices go on.
    var q = ((p - grid.origin) / grid.spacing).rounded(.toNearestOrAwayFromZero)
    q.z = clamped(q.z, 0, Float(grid.extent.z - 1))
    guard q.x >= 0, q.y >= 0, Int(q.x) < grid.extent.x, Int(q.y) < grid.extent.y else {
      return nil
    }
    let voxel = (Int(q.z) * grid.extent.y + Int(q.y)) * grid.extent.x + Int(q.x)
    let tissue = Tissue(rawValue: scene.atlas.tissues[voxel]) ?? .outside
    // Pads of fat of a thickness of the subject's own lie between heart and lung.
    if tissue == .lung {
      let distance = Float(scene.atlas.sacDistances[voxel]) / 4
      if distance < scene.values.fatPad,
        distance < scene.values.fatPad * (0.5 + 0.5 * scene.noise.value(p / 30 + 3))
      {
        return (.mediastinalFat, voxel)
      }
    }
    return (tissue, voxel)
  }

  /// The HU at a point of the atlas in mm.
  func hu(at p: Point) -> Float {
    let values = scene.values
    guard let (kind, voxel) = tissue(at: p) else { return -1000 }
    let tissue = Int(kind.rawValue)
    if kind == .outside {
      let depth = values.fatThickness - Float(scene.atlas.outsideDistances[voxel])
      if depth < -skin { return -1000 }
      if depth < 0 { return 20 }
    }
    var hu = values.mean[tissue]
    let unevenness = values.texture[tissue]
    hu += unevenness * scene.noise.value(p / 5)
    if kind == .epicardialFat || kind == .mediastinalFat {
      // Strands, small vessels and nodes fill patches of the fat.
      let patch = 0.5 + 0.5 * scene.noise.value(p / 9 + 7)
      let share = smoothStep(1 - values.strandShare - 0.1, 1 - values.strandShare + 0.1, patch)
      hu = mix(hu, values.strands, share)
    }
    if let near = scene.calcium.near(p) {
      for number in near {
        let blob = scene.calcium.blobs[Int(number)]
        let share = blob.coverage(at: p, edge: edge)
        if share > 0 { hu += share * max(0, blob.attenuation - hu) }
      }
    }
    return hu
  }
}
