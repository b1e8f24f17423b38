// SPDX-License-Identifier: Apache-2.0
public import Torch

/// The ways to ask a network which voxels a number depends on.
public enum MapMethod: String, Sendable, CaseIterable, Codable {
  /// Where a stage's features speak for the target (Selvaraju 2017).
  case gradCAM = "grad-cam"
  /// The same with other weights of features (Chattopadhay 2018).
  case gradCAMPlusPlus = "grad-cam++"
  /// What each voxel adds on the way from a blurred image (Sundararajan 2017).
  case integratedGradients = "integrated-gradients"
  /// The gradient without what is negative on its way (Springenberg 2015).
  case guidedBackpropagation = "guided-backpropagation"
  /// What a deconvolution network shows (Zeiler and Fergus 2014).
  case deconvolution

  /// Whether the method looks at a stage of the network rather than at the image.
  public var isOfStages: Bool { self == .gradCAM || self == .gradCAMPlusPlus }

  /// The rule by which gradients pass activations.
  var rule: GradientRule {
    switch self {
    case .guidedBackpropagation: .guided
    case .deconvolution: .deconvolution
    default: .usual
    }
  }

  /// The publication.
  public var source: String {
    switch self {
    case .gradCAM: "Selvaraju 2017 (ICCV); for segmentations Vinogradova 2020 (AAAI)"
    case .gradCAMPlusPlus: "Chattopadhay 2018 (WACV)"
    case .integratedGradients: "Sundararajan 2017 (ICML)"
    case .guidedBackpropagation: "Springenberg 2015 (ICLR workshop)"
    case .deconvolution: "Zeiler and Fergus 2014 (ECCV)"
    }
  }
}

extension NetworkExplainer {
  /// How a map is made.
  public struct Options: Sendable, Hashable {
    /// The method.
    public var method: MapMethod
    /// The stages, for methods that look at them; the last one decides in checks.
    public var stages: [String]
    /// The points of the integral of integrated gradients.
    public var points: Int

    /// Options of a method.
    public init(_ method: MapMethod, stages: [String] = [], points: Int = 16) {
      (self.method, self.stages, self.points) = (method, stages, points)
    }
  }

  /// The maps (spatial axes…) of a method: one for each stage, or one with an empty name.
  ///
  /// Attributions of channels are added. Those to voxels may be negative.
  public func maps(
    of image: Tensor, baseline: Tensor, weights: Tensor, _ options: Options
  ) throws -> [String: Tensor] {
    switch options.method {
    case .gradCAM, .gradCAMPlusPlus:
      return try activationMaps(
        of: image, weights: weights, stages: options.stages,
        isPlusPlus: options.method == .gradCAMPlusPlus)
    case .integratedGradients:
      let all = try integratedGradients(
        of: image, baseline: baseline, weights: weights, points: options.points)
      return ["": try all.sum([0, 1])]
    case .guidedBackpropagation, .deconvolution:
      return [
        "": try inputGradient(of: image, weights: weights, rule: options.method.rule).sum([0, 1])
      ]
    }
  }
}
