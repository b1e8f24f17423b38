// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Learning
package import NNUNet
package import Studies

/// How cases are predicted with a model.
///
/// ```swift
/// var request = PredictionRequest(folds: ["0", "1"], device: "cuda")
/// request.probabilities = true
/// let run = try PredictionRun(model: folder, request)
/// ```
package struct PredictionRequest: Sendable {
  /// The folds whose logits are averaged; without them all numbered ones that are trained.
  package var folds: [String]?
  /// Whether logits are averaged over mirrored copies, along the axes that training mirrored.
  package var mirroring: Bool
  /// The step of the sliding window as a share of the patch, above 0 and at most 1.
  package var step: Double
  /// The device by its name: auto, cpu, cuda, cuda:N or mps.
  package var device: String
  /// Whether the classes' probabilities are kept beside the label maps.
  package var probabilities: Bool
  /// Whether cases whose files are there already are passed over.
  package var resume: Bool
  /// The folder with the label maps of a cascade's previous stage; without it they are predicted
  /// first.
  package var previousStage: URL?
  /// What is done to the label maps at the end; probabilities stay as they are.
  package var postProcessing: PostProcessing?
  /// How networks are computed, and which windows are left out.
  package var inference = InferenceOptions()
  /// Whether a model that was trained without mirroring is refused.
  package var requiresMirroring = false
  /// Which of the cases are predicted, where several machines share them.
  package var part: CasePart
  /// How many opinions about each candidate are asked for, where scans are scored.
  package var uncertainty = UncertaintyEffort.quick
  /// The memory in bytes that a case may take; without it what the machine has available.
  package var mostMemory: Double?

  /// A request; by default nnU-Net's prediction with all trained folds.
  package init(
    folds: [String]? = nil, mirroring: Bool = true, step: Double = 0.5, device: String = "auto",
    probabilities: Bool = false, resume: Bool = false, previousStage: URL? = nil,
    part: CasePart = .all
  ) {
    self.folds = folds
    self.mirroring = mirroring
    self.step = step
    self.device = device
    self.probabilities = probabilities
    self.resume = resume
    self.previousStage = previousStage
    self.part = part
  }
}
