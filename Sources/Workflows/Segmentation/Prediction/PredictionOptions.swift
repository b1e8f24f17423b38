// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Learning
package import NNUNet
package import Studies

extension PredictionRun {
  /// What a prediction can be told.
  package struct Options: Sendable {
    package var folds: [String]?
    package var mirroring: Bool
    package var step: Double
    package var device: String
    package var dicom: DICOMInput
    /// Whether the classes' probabilities are kept beside the label maps.
    package var probabilities: Bool
    /// Whether cases whose files are there already are passed over.
    package var resume: Bool
    /// The label maps of a cascade's previous stage, where they are not to be predicted on the way.
    package var previousStage: URL?
    /// What is done to the label maps at the end; probabilities stay as they are.
    package var postProcessing: PostProcessing?
    /// How networks are computed, and what is spared.
    package var inference = InferenceOptions()
    /// Whether a model that was trained without mirroring is refused.
    package var requiresMirroring = false
    /// Which of the cases are predicted, where several machines share them.
    package var part: CasePart
    /// The memory in bytes that a case may take; without it what the machine has available.
    package var mostMemory: Double?

    package init(
      folds: [String]? = nil, mirroring: Bool = true, step: Double = 0.5, device: String = "auto",
      dicom: DICOMInput = .init(), probabilities: Bool = false, resume: Bool = false,
      previousStage: URL? = nil, part: CasePart = .all
    ) {
      self.folds = folds
      self.mirroring = mirroring
      self.step = step
      self.device = device
      self.dicom = dicom
      self.probabilities = probabilities
      self.resume = resume
      self.previousStage = previousStage
      self.part = part
    }
  }
}
