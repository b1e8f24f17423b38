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
  /// The courses of the coronary arteries and their branches, trunks first.
  public let courses: [CoronaryCourse]
  /// The middle of the heart's box.
  public let heartCentre: SIMD3<Float>
  /// Points with a name: "left ostium", "right ostium", "apex".
  public let landmarks: [String: SIMD3<Float>]
  /// Voxels where calcium lies that is not coronary, by its kind.
  public let calcificationSites: [CalcificationSite: [Int32]]

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
