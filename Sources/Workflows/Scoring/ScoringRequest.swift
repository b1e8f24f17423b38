// SPDX-License-Identifier: Apache-2.0
package import Agatston
package import COCA
package import Foundation
package import Segmentation
package import Studies
import Workflow

/// What is scored, and how.
///
/// ```swift
/// var request = ScoringRequest(input: scans)
/// request.mask = masks
/// request.convention = "agatston"
/// let outcome = try await ScoringRun(request).run { print($0) }
/// ```
package struct ScoringRequest: Sendable {
  /// An image file, a DICOM folder or file, or a folder of scans.
  package var input: URL
  /// The mask, or the folder with a mask for each scan.
  package var mask: URL?
  /// The model that predicts the masks, in place of `mask`; without both, candidates are listed.
  package var model: URL?
  /// The reference mask, or the folder with a reference mask for each scan.
  package var reference: URL?
  /// A table of reference scores, in place of reference masks.
  package var referenceTable: URL?
  /// The name of the convention.
  package var convention = "agatston"
  /// Whether the score is computed under every other convention, too.
  package var allConventions = false
  /// The tube voltage in kV, where the scan does not say it.
  package var kv: Double?
  /// The name of the table of thresholds for other voltages than 120 kV.
  package var kvTable: String?
  /// Whether 130 HU is kept at any voltage.
  package var forceThreshold = false
  /// The calibration factor in mg/(cm³·HU).
  package var massCalibration: Double?
  /// The attenuation in HU of solid calcium, for volumes by integrated intensity.
  package var objectAttenuation: Double?
  /// How volume is counted.
  package var volumeMethod = VolumeMethod.voxel
  /// What the masks' values mean; `nil` where the masks themselves decide: arteries if any mask has a
  /// label above 1, else calcium of no known artery.
  package var labels: MaskLabels?
  /// The smallest candidate to list, in mm³.
  package var minimumVolume = 0.0
  /// Which total counts where a table of references contradicts itself.
  package var disagreeingTotal = DisagreeingTotal.omit
  /// How masks are predicted.
  package var prediction = PredictionRequest()
  /// The page to write about the studies, with pictures; `nil` for none.
  package var page: URL?
  /// Whether scans and masks are kept with their scores, for what is done with them next.
  package var keepsScans = false
  /// Whether pictures are kept with the scans.
  package var keepsPictures = false
  /// Which series of a study is read, and how an incomplete one.
  package var dicom = DICOMInput()

  /// The scoring of some scans under the Agatston convention, without masks.
  package init(input: URL) { self.input = input }

  /// What happens at other voltages than 120 kV; throws for an unknown table of thresholds.
  func voltageRule() throws -> VoltageRule {
    if forceThreshold { return .forced }
    guard let kvTable else { return .standard }
    guard let rule = VoltageRule(rawValue: kvTable), rule == .graeni2018 else {
      throw WorkflowError(
        .invalid, "--kv-table \(kvTable): unknown; graeni2018 is the one there is")
    }
    return rule
  }
}
