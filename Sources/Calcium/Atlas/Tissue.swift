// SPDX-License-Identifier: Apache-2.0

/// What a voxel of a body atlas is made of; raw values are those of its label map.
public enum Tissue: UInt8, CaseIterable, Sendable {
  /// Outside the muscles: fat under the skin up to a thickness that each subject has of its own, air
  /// beyond it.
  case outside = 0
  /// Lung parenchyma.
  case lung
  /// Skeletal muscle.
  case muscle
  /// The dense rim of a bone.
  case corticalBone
  /// The inside of a bone.
  case cancellousBone
  /// Costal cartilage.
  case cartilage
  /// A disc between two vertebrae.
  case disc
  /// Fat between the organs of the chest, outside the pericardium.
  case mediastinalFat
  /// Fat within the pericardium.
  case epicardialFat
  /// Fat below the diaphragm.
  case abdominalFat
  /// The muscle of the ventricles.
  case myocardium
  /// The walls of the atria.
  case atrialWall
  /// The cavity of the left ventricle.
  case leftVentricle
  /// The cavity of the right ventricle.
  case rightVentricle
  /// The cavity of the left atrium.
  case leftAtrium
  /// The cavity of the right atrium.
  case rightAtrium
  /// The aorta and the arteries that leave its arch.
  case aorta
  /// The pulmonary trunk.
  case pulmonaryTrunk
  /// The pulmonary arteries and veins.
  case pulmonaryVessel
  /// The caval, brachiocephalic and azygos veins.
  case vein
  /// A coronary artery.
  case coronaryArtery
  /// A vein of the heart.
  case coronaryVein
  /// The leaflets of the aortic valve.
  case aorticValve
  /// The leaflets of the mitral valve.
  case mitralValve
  /// The liver.
  case liver
  /// The stomach, whose content may be air or food.
  case stomach
  /// The spleen.
  case spleen
  /// A kidney.
  case kidney
  /// Bowel, pancreas and gallbladder.
  case bowel
  /// The oesophagus.
  case oesophagus
  /// The air of the trachea and the bronchi.
  case airway
  /// The thymus, in adults mostly fat.
  case thymus
  /// Fat between the muscles of the trunk's wall.
  case wallFat

  /// Whether it belongs to the heart, within the pericardium.
  public var isHeart: Bool {
    switch self {
    case .myocardium, .atrialWall, .leftVentricle, .rightVentricle, .leftAtrium, .rightAtrium,
      .coronaryArtery, .coronaryVein, .epicardialFat, .aorticValve, .mitralValve:
      true
    default: false
    }
  }

  /// Whether it is bone or cartilage.
  public var isSkeleton: Bool {
    self == .corticalBone || self == .cancellousBone || self == .cartilage
  }
}
