// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Segmentation
package import Studies

/// What `cac explain` is asked for.
package struct ExplainRequest: Sendable {
  /// The model: a folder or a file.
  package var model: URL
  /// The scan.
  package var study: URL
  /// The folder of the results.
  package var output: URL
  /// What is explained.
  package var target = ExplainTarget.total
  /// The methods; empty for what suits the model.
  package var methods: [ExplainMethod] = []
  /// The name of the convention that scores are of.
  package var convention = "agatston"
  /// The stage that activation maps are of; `nil` for all of the decoder, of which the finest is shown.
  package var layer: String?
  /// The edge of an occluded box in mm.
  package var box = 20.0
  /// The distance of boxes in mm.
  package var step = 20.0
  /// The points of integrated gradients.
  package var points = 16
  /// The changes that counterfactuals try.
  package var changes = Counterfactuals.Changes()
  /// A mask of the calcium that is known to be there, for the pointing game.
  package var reference: URL?
  /// How the model predicts.
  package var prediction = PredictionRequest()
  /// How DICOM is read.
  package var dicom = DICOMInput()

  /// A request.
  package init(model: URL, study: URL, output: URL) {
    (self.model, self.study, self.output) = (model, study, output)
  }
}
