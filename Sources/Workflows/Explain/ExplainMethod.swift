// SPDX-License-Identifier: Apache-2.0
package import Explanation

/// What `cac explain` can do.
package enum ExplainMethod: String, Sendable, CaseIterable, Codable {
  case gradCAM = "grad-cam"
  case gradCAMPlusPlus = "grad-cam++"
  case integratedGradients = "integrated-gradients"
  case guidedBackpropagation = "guided-backpropagation"
  case deconvolution
  /// How sure the classifier of a model of stages is without a part of what it is shown (Zeiler and
  /// Fergus 2014).
  case patchOcclusion = "patch-occlusion"
  /// How the score changes without a region (Zeiler and Fergus 2014).
  case occlusion
  /// How the score changes without a lesion, and what turns the class.
  case counterfactual

  /// The method on the network's insides; `nil` for those that only use scores.
  package var map: MapMethod? { MapMethod(rawValue: rawValue) }

  /// The name for a reader.
  package var title: String {
    switch self {
    case .gradCAM: "Grad-CAM"
    case .gradCAMPlusPlus: "Grad-CAM++"
    case .integratedGradients: "Integrated gradients"
    case .guidedBackpropagation: "Guided backprop"
    case .deconvolution: "Deconvolution"
    case .patchOcclusion: "Patch occlusion"
    case .occlusion: "Occlusion"
    case .counterfactual: "Counterfactuals"
    }
  }

  /// Whether it can be asked of the classifier of a model of stages.
  var isOfClassifier: Bool { self == .gradCAM || self == .patchOcclusion }

  /// What is done with a model of one network unless methods are named: what passes its checks
  /// (Docs/how-to/explain-a-score.md, "Which map to trust").
  package static let usual: [ExplainMethod] = [.gradCAM, .occlusion, .counterfactual]
  /// What is done with a model of stages; those of the classifier are left out where it has none.
  package static let ofStages: [ExplainMethod] = [
    .patchOcclusion, .occlusion, .counterfactual,
  ]
}
