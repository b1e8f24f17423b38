// SPDX-License-Identifier: Apache-2.0
import Agatston
package import COCA
package import Segmentation
package import Studies
import Workflow

extension ScoringRun {
  /// What a scoring can be told.
  package struct Options: Sendable {
    /// The name of the convention.
    package var convention: String
    /// Whether the score is computed under every other convention, too.
    package var allConventions: Bool
    /// The tube voltage in kV, where the scan does not say it.
    package var kv: Double?
    /// The name of the table of thresholds for other voltages than 120 kV.
    package var kvTable: String?
    /// Whether 130 HU is kept at any voltage.
    package var forceThreshold: Bool
    /// The calibration factor in mg/(cm³·HU).
    package var massCalibration: Double?
    /// The attenuation in HU of solid calcium, for volumes by integrated intensity.
    package var objectAttenuation: Double?
    /// The step in mm of the isotropic grid on which volume is counted; without it, voxels count.
    package var isotropicStep: Double?
    /// What the masks' values mean.
    package var labels: MaskLabels
    /// The smallest candidate to list, in mm³.
    package var minimumVolume: Double
    /// Which total counts where a table of references contradicts itself.
    package var disagreeingTotal: DisagreeingTotal
    /// How masks are predicted.
    package var prediction: PredictionRun.Options
    /// Which series of a study is read, and how an incomplete one.
    package var dicom: DICOMInput

    package init(
      convention: String = "agatston", allConventions: Bool = false, kv: Double? = nil,
      kvTable: String? = nil, forceThreshold: Bool = false, massCalibration: Double? = nil,
      objectAttenuation: Double? = nil, isotropicStep: Double? = nil, labels: MaskLabels = .auto,
      minimumVolume: Double = 0, disagreeingTotal: DisagreeingTotal = .omit,
      prediction: PredictionRun.Options = .init(),
      dicom: DICOMInput = .init()
    ) {
      self.convention = convention
      self.allConventions = allConventions
      self.kv = kv
      self.kvTable = kvTable
      self.forceThreshold = forceThreshold
      self.massCalibration = massCalibration
      self.objectAttenuation = objectAttenuation
      self.isotropicStep = isotropicStep
      self.labels = labels
      self.minimumVolume = minimumVolume
      self.disagreeingTotal = disagreeingTotal
      self.prediction = prediction
      self.dicom = dicom
    }

    var volumeMethod: VolumeMethod { isotropicStep.map { .isotropic(step: $0) } ?? .voxel }

    /// What happens at other voltages than 120 kV.
    func voltageRule() throws -> VoltageRule {
      if forceThreshold { return .forced }
      guard let kvTable else { return .standard }
      guard let rule = VoltageRule(rawValue: kvTable), rule == .graeni2018 else {
        throw WorkflowError("--kv-table \(kvTable): unknown; graeni2018 is the one there is")
      }
      return rule
    }
  }
}
