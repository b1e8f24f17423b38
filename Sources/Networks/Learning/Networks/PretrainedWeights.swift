// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text
public import Torch

extension SegmentationNetwork {
  /// Loads the weights of a checkpoint before a training; a 3D network also takes those of a 2D
  /// network of the same stages.
  ///
  /// - Parameters:
  ///   - stored: a checkpoint's parameters.
  ///   - withHeads: whether the heads are taken over as well, whose classes may be others.
  ///   - sharesOneLabel: whether a head of one label may serve several; see
  ///     `heads(of:sharesOneLabel:)`.
  /// - Throws: `LearningError` with the code `state` where the weights do not fit.
  public func loadPretrained(
    _ stored: [String: Tensor], withHeads: Bool, sharesOneLabel: Bool
  ) throws {
    var weights = stored.filter { !ParameterName.isHead($0.key) }
    let trunk = parameters.filter { !ParameterName.isHead($0.name) }
    if let lacking = trunk.first(where: { weights[$0.name] == nil }) {
      throw LearningError(
        .state, subject: lacking.name, detail: "the checkpoint lacks this parameter")
    }
    if withHeads { weights.merge(try heads(of: stored, sharesOneLabel: sharesOneLabel)) { $1 } }
    try load(inflated(weights), partial: true)
  }

  /// The heads of a checkpoint as initial heads of this network.
  ///
  /// Heads for the same number of classes are returned as they are. Heads of background and one
  /// label can serve a network of n labels: each label gets the weights of the one label, with a
  /// bias lowered by ln n, so that the softmax gives all labels together the probability of the
  /// one. The network then has to learn to tell the labels apart, but not to find them.
  ///
  /// - Parameters:
  ///   - stored: a checkpoint's parameters; only the heads of deep supervision are read.
  ///   - sharesOneLabel: whether one label may serve several; not for regions, which have no
  ///     softmax.
  /// - Throws: `LearningError` with the code `state` for any other number of classes.
  public func heads(
    of stored: [String: Tensor], sharesOneLabel: Bool = true
  ) throws -> [String: Tensor] {
    var heads: [String: Tensor] = [:]
    for (name, tensor) in parameters where ParameterName.isHead(name) {
      guard let given = stored[name] else {
        throw LearningError(.state, subject: name, detail: "the checkpoint lacks this parameter")
      }
      let (classes, wanted) = (given.shape[0], tensor.shape[0])
      if classes == wanted {
        heads[name] = given
      } else if sharesOneLabel, classes == 2, wanted > 2 {
        let labels = wanted - 1
        var label = try given.narrowed(0, from: 1, length: 1)
        if label.rank == 1 { label = try label - log(Double(labels)) }
        heads[name] = try Tensor.concatenated(
          [given.narrowed(0, from: 0, length: 1)] + [Tensor](repeating: label, count: labels),
          along: 0)
      } else {
        throw LearningError(
          .state, subject: name,
          detail:
            "it is for \(counted(classes, "class", "classes")), the network has \(wanted); only heads of as many, or of "
            + "one label, can be taken over")
      }
    }
    return heads
  }
}

extension ParameterName {
  /// Whether a parameter belongs to a head, which computes the logits of a grid.
  public static func isHead(_ name: String) -> Bool { name.contains(".seg_layers.") }
}
