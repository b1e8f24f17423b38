// SPDX-License-Identifier: Apache-2.0
public import NNUNet

/// Which voxels of a case are explained, and by which logits.
///
/// The number is the mean over these voxels of the log odds of their label against the background: the
/// difference of both logits under softmax, the logit of the regions that hold the label under sigmoid.
public struct CaseTarget: Sendable {
  /// The label of each voxel (z, y, x) of the target, 0 elsewhere.
  public let labels: [Int16]
  /// The number of voxels of the target.
  public let count: Int
  private let signs: [Int16: [Double]]

  /// A target of some voxels of a case.
  ///
  /// - Throws: `ExplanationError` where no voxel has a label that the model knows.
  public init(_ labels: [Int16], scheme: LabelScheme, named name: String) throws {
    var signs: [Int16: [Double]] = [:]
    for label in scheme.foregroundLabels {
      var weights: [Double]
      if scheme.hasRegions {
        weights = scheme.foregroundClasses.map { $0.contains(label) ? 1 : 0 }
      } else {
        weights = scheme.allLabels.map { $0 == label ? 1 : 0 }
        weights[0] = -1
      }
      signs[Int16(label)] = weights
    }
    self.labels = labels.map { signs[$0] == nil ? 0 : $0 }
    self.signs = signs
    count = self.labels.count { $0 != 0 }
    guard count > 0 else {
      throw ExplanationError(
        .target, subject: name,
        detail: "none of its voxels is left on the network's grid; explain the total instead")
    }
  }

  /// The weights of the logits at a voxel; `nil` outside of the target.
  func weights(at index: Int) -> [Double]? { labels[index] == 0 ? nil : signs[labels[index]] }
}
