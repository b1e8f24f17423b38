// SPDX-License-Identifier: Apache-2.0

/// How calcium volume is counted; results differ by half, so they name the method.
public enum VolumeMethod: Hashable, Sendable, CustomStringConvertible {
  /// Scored voxels × voxel volume.
  case voxel
  /// Points of an isotropic grid inside the mask whose interpolated HU reach the threshold.
  ///
  /// The step is in mm. Grid points belong to the voxel around them; HU are interpolated linearly
  /// along each axis. Minimum sizes do not apply.
  case isotropic(step: Double)

  /// The name that results carry.
  public var description: String {
    switch self {
    case .voxel: "voxel"
    case .isotropic(let step): "isotropic \(step) mm"
    }
  }
}

/// What has to be known besides CT and mask to score a study.
public struct ScoringOptions: Hashable, Sendable {
  /// What the mask's values mean; a mask of ones alone cannot tell.
  public var labels: MaskLabels
  /// The tube voltage in kV, `nil` where it is unknown.
  public var kilovoltage: Double?
  /// What happens at other voltages than 120 kV.
  public var voltageRule: VoltageRule
  /// The nominal slice thickness in mm; `nil` where it is unknown.
  public var sliceThickness: Double?
  /// The calibration factor in mg/(cm³·HU) from a phantom; without it there is no mass.
  public var massCalibration: Double?
  /// The attenuation in HU of a solid object of calcium; without it there is no volume by integrated
  /// intensity.
  public var objectAttenuation: Double?
  /// How volume is counted.
  public var volumeMethod: VolumeMethod

  /// Options; only the meaning of the mask has no default.
  public init(
    labels: MaskLabels, kilovoltage: Double? = nil, voltageRule: VoltageRule = .standard,
    sliceThickness: Double? = nil, massCalibration: Double? = nil,
    objectAttenuation: Double? = nil, volumeMethod: VolumeMethod = .voxel
  ) {
    self.labels = labels
    self.kilovoltage = kilovoltage
    self.voltageRule = voltageRule
    self.sliceThickness = sliceThickness
    self.massCalibration = massCalibration
    self.objectAttenuation = objectAttenuation
    self.volumeMethod = volumeMethod
  }

  /// Throws `.option` for the first value outside its range.
  func validate() throws(AgatstonError) {
    func require(_ holds: Bool, _ subject: String, _ detail: String) throws(AgatstonError) {
      if !holds { throw AgatstonError(.option, subject: subject, detail: detail) }
    }
    if let c = massCalibration {
      try require(c.isFinite && c > 0, "mass calibration", "\(c) is no factor above 0")
    }
    if let hu = objectAttenuation {
      try require(
        hu.isFinite && hu > 130, "object attenuation", "\(hu) HU is not that of solid calcium")
    }
    if let mm = sliceThickness {
      try require(mm.isFinite && mm > 0, "slice thickness", "\(mm) mm is no length above 0")
    }
    if case .isotropic(let step) = volumeMethod {
      try require(
        step >= 0.1 && step <= 10, "isotropic step", "\(step) mm lies outside 0.1 to 10 mm")
    }
  }
}
