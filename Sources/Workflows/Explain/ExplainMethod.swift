// SPDX-License-Identifier: Apache-2.0
package import Explanation

/// What `cac explain` can do.
package enum ExplainMethod: String, Sendable, CaseIterable, Codable {
  case gradCAM = "grad-cam"
  case gradCAMPlusPlus = "grad-cam++"
  case integratedGradients = "integrated-gradients"
  case guidedBackpropagation = "guided-backpropagation"
  case deconvolution
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
    case .occlusion: "Occlusion"
    case .counterfactual: "Counterfactuals"
    }
  }

  /// What is done with a model of one network unless methods are named.
  package static let usual: [ExplainMethod] = [
    .gradCAM, .integratedGradients, .occlusion, .counterfactual,
  ]
  /// What is done with a model of stages, whose scores alone are used.
  package static let ofStages: [ExplainMethod] = [.occlusion, .counterfactual]
}
