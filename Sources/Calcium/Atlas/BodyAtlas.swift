// SPDX-License-Identifier: Apache-2.0
public import Agatston
public import Meshes

/// The anatomy of one person's trunk as a label map, with the coronary arteries' courses.
///
/// Positions are those of the meshes: mm, x to the left, y to the back, z to the head.
public struct BodyAtlas: Sendable {
  /// Where the voxels lie.
  public let grid: VoxelGrid
  /// What each voxel is made of: raw values of `Tissue`, x fastest.
  public let tissues: [UInt8]
  /// 1 where a voxel and its neighbours towards growing x, y and z, edges and corners included, are of
  /// one tissue.
  public let isUniform: [UInt8]
  /// 1 inside the pericardial sac, with the heart in it.
  public let sac: [UInt8]
  /// The distance from the sac in quarters of a mm; 255 stands for more.
  public let sacDistances: [UInt8]
  /// The distance outside the muscles and bones of the trunk, in mm; 255 stands for more.
  public let outsideDistances: [UInt8]
  /// The distance to each artery's course in tenths of a mm; 255 stands for more.
  public let arteryDistances: [Artery: [UInt8]]
  /// Where fat fills the grooves of patients whose hearts carry more of it than the atlas's: in the walls
  /// and chambers of the heart the distance to the nearest artery or vein of the heart in tenths of a mm, or
  /// eight tenths of that to the heart's surface where it is larger; 255 for more, and elsewhere.
  public let grooves: [UInt8]
  /// The courses of the coronary arteries and their branches, trunks first.
  public let courses: [CoronaryCourse]
  /// The middle of the heart's box.
  public let heartCentre: SIMD3<Float>
  /// Points with a name: "left ostium", "right ostium", "apex".
  public let landmarks: [String: SIMD3<Float>]
  /// Voxels where calcium lies that is not coronary, by its kind.
  public let calcificationSites: [CalcificationSite: [Int32]]

  init(
    grid: VoxelGrid, tissues: [UInt8], isUniform: [UInt8], sac: [UInt8], sacDistances: [UInt8],
    outsideDistances: [UInt8], arteryDistances: [Artery: [UInt8]], courses: [CoronaryCourse],
    heartCentre: SIMD3<Float>, landmarks: [String: SIMD3<Float>],
    calcificationSites: [CalcificationSite: [Int32]]
  ) {
    self.grid = grid
    self.tissues = tissues
    self.isUniform = isUniform
    self.sac = sac
    self.sacDistances = sacDistances
    self.outsideDistances = outsideDistances
    self.arteryDistances = arteryDistances
    self.courses = courses
    self.heartCentre = heartCentre
    self.landmarks = landmarks
    self.calcificationSites = calcificationSites
    let heart: Set<UInt8> = Set(
      [
        Tissue.myocardium, .atrialWall, .leftVentricle, .rightVentricle, .leftAtrium, .rightAtrium,
      ].map(\.rawValue))
    let veins = VoxelSet(grid) { tissues[$0] == Tissue.coronaryVein.rawValue }.distances()
    // No fat lies round a vessel deep in the muscle: what counts is near the heart's surface, too.
    let solid = heart.union(
      [Tissue.coronaryArtery, .coronaryVein, .aorticValve, .mitralValve].map(\.rawValue))
    let depths = VoxelSet(grid) { !solid.contains(tissues[$0]) }.distances()
    grooves = tissues.indices.map { i in
      guard heart.contains(tissues[i]) else { return 255 }
      let depth = UInt8(min(8 * depths[i], 255))
      let artery = arteryDistances.values.reduce(255) { min($0, $1[i]) }
      // A vein's middle is about 2 mm from its wall.
      return max(depth, min(artery, UInt8(min(10 * veins[i] + 20, 255))))
    }
  }

  /// The names of `landmarks`, in a fixed order.
  public static let landmarkNames = ["left ostium", "right ostium", "apex"]
}

/// Where calcium lies that is no coronary calcium.
public enum CalcificationSite: String, CaseIterable, Sendable {
  /// The wall of the aortic root and the ascending aorta.
  case ascendingAorta
  /// The wall of the arch.
  case aorticArch
  /// The wall of the descending aorta.
  case descendingAorta
  /// The leaflets and the ring of the aortic valve.
  case aorticValve
  /// The ring of the mitral valve.
  case mitralRing
  /// The rims of the costal cartilages.
  case cartilage
  /// The walls of the trachea and the main bronchi.
  case airway
  /// Nodes between the great vessels and the bronchi.
  case node
  /// The pericardium.
  case pericardium
  /// The muscle of the left ventricle with its papillary muscles.
  case myocardium
}
