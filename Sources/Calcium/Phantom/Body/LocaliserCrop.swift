// SPDX-License-Identifier: Apache-2.0
import Agatston
public import Atlas
import Foundation
import Meshes

/// A coarse crop of a synthetic subject with what lies where: what the localiser learns from.
///
/// Arrays have the axes z, y, x, x fastest, along the patient's axes.
public struct LocaliserCrop: Sendable {
  /// The number of voxels along z, y and x.
  public let extent: [Int]
  /// The HU of each voxel.
  public let hu: [Float]
  /// The class of each voxel: a place in `classNames`.
  public let classes: [UInt8]
  /// For each of `mapNames` the closeness to it, 0 … 1: a Gaussian of the distance.
  public let heatMaps: [Float]

  /// The classes, which exclude each other.
  ///
  /// "sac" is what lies in the pericardial sac and is neither ventricle nor atrium.
  public static let classNames = [
    "background", "lung", "bone", "sac", "ventricles", "atria", "aorta", "pulmonary trunk",
  ]
  /// The maps: the arteries' courses, then points of the heart.
  public static let mapNames =
    Artery.allCases.map(\.abbreviation) + BodyAtlas.landmarkNames

  /// How crops are drawn.
  public struct Options: Sendable {
    /// The edge of a voxel in mm.
    public var spacing: Float
    /// The number of voxels along z, y and x.
    public var extent: [Int]
    /// The standard deviation of the Gaussian round an artery's course, in mm.
    public var arteryWidth: Float = 6
    /// The standard deviation of the Gaussian round a point, in mm.
    public var landmarkWidth: Float = 9
    /// What subjects do without.
    public var without: Set<Realism> = []

    /// Options; by default voxels of 4 mm, 160 mm along z and 192 mm across.
    public init(spacing: Float = 4, extent: [Int] = [40, 48, 48]) {
      self.spacing = spacing
      self.extent = extent
    }
  }

  /// The crop of a number: the same for the same seed and number, whatever was drawn before.
  public init(atlas: BodyAtlas, seed: UInt64, number: Int, options: Options = .init()) {
    let scene = BodyScene(
      atlas: atlas, seed: seed, subject: number, burden: .training, margin: options.spacing,
      without: options.without)
    var random = KeyedRandom(seed: seed, subject: number, purpose: .crop)
    let painter = CropPainter(scene: scene, options: options, &random)
    extent = options.extent
    (hu, classes, heatMaps) = painter.paint(&random)
  }

  /// The class of a tissue.
  static func classNumber(_ tissue: Tissue, inSac: Bool) -> UInt8 {
    switch tissue {
    case .lung, .airway: 1
    case .corticalBone, .cancellousBone, .cartilage: 2
    case .leftVentricle, .rightVentricle, .myocardium: 4
    case .leftAtrium, .rightAtrium, .atrialWall, .mitralValve: 5
    case .aorta, .aorticValve: 6
    case .pulmonaryTrunk: 7
    default: inSac ? 3 : 0
    }
  }
}

/// Paints one crop.
private struct CropPainter {
  let scene: BodyScene
  let options: LocaliserCrop.Options
  let low: Point
  private static let parts = 2

  init(scene: BodyScene, options: LocaliserCrop.Options, _ random: inout KeyedRandom) {
    self.scene = scene
    self.options = options
    let reach: Float = random.chance(0.6) ? 40 : 110
    var centre = Point(
      random.uniform(-reach, reach), random.uniform(-reach, reach), random.uniform(-reach, reach))
    // A liver must not pass for a heart, wherever a scan ends.
    if random.chance(0.1) { centre.z = random.uniform(-190, -100) }
    let size = Point(
      Float(options.extent[2]), Float(options.extent[1]), Float(options.extent[0]))
    low = centre - size * options.spacing / 2
  }

  func paint(_ random: inout KeyedRandom) -> (hu: [Float], classes: [UInt8], maps: [Float]) {
    let (nz, ny, nx) = (options.extent[0], options.extent[1], options.extent[2])
    let (spacing, n) = (options.spacing, Self.parts)
    let fine = spacing / Float(n)
    let count = nz * ny * nx
    var hu = Array(repeating: Float(0), count: count)
    var classes = Array(repeating: UInt8(0), count: count)
    let arteries = Artery.allCases
    var maps = Array(repeating: Float(0), count: count * LocaliserCrop.mapNames.count)
    let size = Point(Float(nx), Float(ny), Float(nz)) * spacing
    let map = BodyMap(scene.pose, over: Box(low: low, high: low + size))
    var places = Array(repeating: Point.zero, count: nx * n)
    let sampler = BodySampler(scene: scene, edge: fine)
    let distances = arteries.map { scene.atlas.arteryDistances[$0] ?? [] }
    for z in 0..<nz {
      for y in 0..<ny {
        let row = (z * ny + y) * nx
        for part in 0..<n * n {
          let offset = Point(0.5, Float(part % n) + 0.5, Float(part / n) + 0.5) * fine
          map.row(
            from: low + Point(0, Float(y), Float(z)) * spacing + offset, step: fine,
            into: &places)
          for x in 0..<nx {
            for i in 0..<n { hu[row + x] += sampler.hu(at: places[x * n + i]) }
          }
        }
        // Classes and maps are those of the middle of the voxel.
        let middle = Point(0.5, 0.5, 0.5) * spacing
        map.row(
          from: low + Point(0, Float(y), Float(z)) * spacing + middle, step: fine, into: &places)
        for x in 0..<nx {
          let p = places[x * n]
          guard let (tissue, voxel) = sampler.tissue(at: p) else { continue }
          classes[row + x] = LocaliserCrop.classNumber(
            tissue, inSac: scene.atlas.sac[voxel] != 0)
          let scale = scene.pose.localScale(atAtlas: p)
          for (number, distance) in distances.enumerated() where distance[voxel] < 255 {
            let d = Float(distance[voxel]) / 10 * scale / options.arteryWidth
            maps[number * count + row + x] = expf(-d * d / 2)
          }
          for (number, name) in BodyAtlas.landmarkNames.enumerated() {
            guard let place = scene.atlas.landmarks[name] else { continue }
            let d = length(p - place) * scale / options.landmarkWidth
            maps[(arteries.count + number) * count + row + x] = d < 4 ? expf(-d * d / 2) : 0
          }
        }
      }
    }
    let share = 1 / Float(n * n * n)
    for i in hu.indices { hu[i] *= share }
    var appearance = CropAppearance(without: options.without, &random)
    appearance.apply(to: &hu, extent: options.extent, &random)
    return (hu, classes, maps)
  }
}
