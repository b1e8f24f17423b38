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
    if tissue == .lung,
      isPad(
        Float(scene.atlas.sacDistances[voxel]) / 4, Self.pad(scene.noise, at: p))
    {
      return (.mediastinalFat, voxel)
    }
    if isGroove(voxel, Self.pad(scene.noise, at: p), Self.patch(scene.noise, at: p)) {
      return (.epicardialFat, voxel)
    }
    return (tissue, voxel)
  }

  /// The HU at a point of the atlas in mm, with calcium.
  func hu(at p: Point) -> Float {
    var hu = plainHU(at: p)
    if let near = scene.calcium.near(p) {
      for number in near {
        let blob = scene.calcium.blobs[Int(number)]
        let share = blob.coverage(at: p, edge: edge)
        if share > 0 { hu += share * max(0, blob.attenuation - hu) }
      }
    }
    return hu
  }

  /// The HU at a point without calcium.
  func plainHU(at p: Point) -> Float {
    guard let (_, voxel) = tissue(at: p) else { return -1000 }
    return plainHU(at: p, voxel: voxel)
  }

  /// The HU of a voxel at a point in it, without calcium.
  @inline(__always)
  func plainHU(at p: Point, voxel: Int) -> Float { mean(voxel, at: p) + unevenness(voxel, at: p) }

  /// The HU of a voxel's tissue near a point, without the fine structure of the tissue.
  @inline(__always)
  func mean(_ voxel: Int, at p: Point) -> Float {
    mean(
      voxel, patch: Self.patch(scene.noise, at: p), pad: Self.pad(scene.noise, at: p),
      vessel: Self.vessel(scene.noise, at: p))
  }

  /// The same with the noise that tells where strands and pads of fat, and vessels of the lung, are.
  @inline(__always)
  func mean(
    _ voxel: Int, patch: @autoclosure () -> Float, pad: @autoclosure () -> Float,
    vessel: @autoclosure () -> Float
  ) -> Float {
    let number =
      isGroove(voxel, pad(), patch()) ? Tissue.epicardialFat.rawValue : scene.atlas.tissues[voxel]
    switch Tissue(rawValue: number) ?? .outside {
    case .outside:
      let depth = scene.values.fatThickness - Float(scene.atlas.outsideDistances[voxel])
      return depth < -skin ? -1000 : depth < 0 ? 20 : scene.values.fat
    case .lung:
      let distance = Float(scene.atlas.sacDistances[voxel]) / 4
      return isPad(distance, pad())
        ? isPericardium(distance, patch())
          ? scene.values.strands : strands(scene.values.fat + 6, patch())
        : mix(
          scene.values.vessel, scene.values.mean[Int(number)],
          smoothStep(0.3 * scene.values.lungVessels, scene.values.lungVessels, vessel()))
    case .muscle:
      let share = scene.values.muscleFat
      return mix(
        scene.values.mean[Int(number)], scene.values.fat + 25,
        smoothStep(0.85 - share, 1.1 - share, 0.5 + 0.5 * patch()))
    case .mediastinalFat:
      let distance = Float(scene.atlas.sacDistances[voxel]) / 4
      return isPericardium(distance, patch())
        ? scene.values.strands : strands(scene.values.mean[Int(number)], patch())
    case .epicardialFat: return strands(scene.values.mean[Int(number)], patch())
    case .abdominalFat:
      // What the atlas has no mesh for: loops of bowel, folds of the stomach, vessels.
      let share = 1 - scene.values.visceraShare
      return mix(
        scene.values.mean[Int(number)], scene.values.viscera,
        smoothStep(share - 0.06, share + 0.06, 0.5 + 0.5 * pad()))
    default: return scene.values.mean[Int(number)]
    }
  }

  /// The noise of strands in fat, and that of the fat's thickness beside the heart.
  @inline(__always)
  static func patch(_ noise: SmoothNoise, at p: Point) -> Float { noise.value(p / 9 + 7) }
  @inline(__always)
  static func pad(_ noise: SmoothNoise, at p: Point) -> Float { noise.value(p / 30 + 3) }

  /// Near zero along curves that branch through space as the vessels of the lung do: two noises are zero
  /// on surfaces, and both of them where these meet.
  @inline(__always)
  static func vessel(_ noise: SmoothNoise, at p: Point) -> Float {
    let (a, b) = (noise.value(p / 15 + 11), noise.value(p / 15 + 19.5))
    return a * a + b * b
  }

  /// The fine structure of a voxel's tissue, in HU.
  @inline(__always)
  func unevenness(_ voxel: Int, at p: Point) -> Float {
    unevenness(voxel, at: p, rough: Self.rough(scene.noise, at: p))
  }

  /// The same with the noise that makes tissue uneven.
  @inline(__always)
  func unevenness(_ voxel: Int, at p: Point, rough: Float) -> Float {
    let kind = scene.atlas.tissues[voxel]
    let coarse = scene.values.texture[Int(kind)] * rough
    if kind != Tissue.cancellousBone.rawValue { return coarse }
    // The plates within a bone are about as far apart as pixels.
    return coarse + scene.values.trabeculae * scene.noise.value(p / 1.8 + 5)
  }

  /// The noise of uneven tissue.
  @inline(__always)
  static func rough(_ noise: SmoothNoise, at p: Point) -> Float { noise.value(p / 5) }

  /// Strands, small vessels and nodes fill patches of the fat.
  @inline(__always)
  private func strands(_ hu: Float, _ patch: Float) -> Float {
    let share = scene.values.strandShare
    return mix(
      hu, scene.values.strands, smoothStep(0.9 - share, 1.1 - share, 0.5 + 0.5 * patch))
  }

  /// Fat fills the grooves, in which the arteries run, as far as it does in this subject at this place.
  @inline(__always)
  private func isGroove(
    _ voxel: Int, _ pad: @autoclosure () -> Float, _ patch: @autoclosure () -> Float
  ) -> Bool {
    let distance = scene.atlas.grooves[voxel]
    guard distance < 255 else { return false }
    let reach = scene.values.grooveFat
    return Float(distance) / 10 < reach * (0.65 + 0.5 * pad() + 0.5 * patch())
  }

  /// A pericardium that shows in patches parts the fat within from that outside.
  @inline(__always)
  private func isPericardium(_ distance: Float, _ patch: @autoclosure () -> Float) -> Bool {
    let thickness = scene.values.pericardium
    return distance < thickness && distance < thickness * (0.5 + 1.2 * patch())
  }

  /// Pads of fat of a thickness of the subject's own lie between heart and lung.
  @inline(__always)
  private func isPad(_ distance: Float, _ pad: @autoclosure () -> Float) -> Bool {
    let thickness = scene.values.fatPad
    return distance < thickness && distance < thickness * (0.5 + 0.5 * pad())
  }
}
