// SPDX-License-Identifier: Apache-2.0
import ClassicNetworks
package import Foundation
package import Learning
import Torch

extension ModelSummary {
  /// The summary of any model with plans, which verifies its parts and loads every fold.
  ///
  /// - Parameter url: a folder, or one file.
  package static func of(_ url: URL) throws -> ModelSummary {
    let model = try Model(at: url)
    guard try model.networkCard() != nil else { return try ModelSummary(at: url) }
    try model.verifyParts()
    var summary = try of(model, folds: model.trainedFolds())
    summary.licence = try model.inheritedDescription(of: summary.folds)?.statements.licence
    return summary
  }

  /// The summary of an open model with some of its folds, which are loaded.
  static func of(_ model: Model, folds: [String]) throws -> ModelSummary {
    guard let card = try model.networkCard() else { return try ModelSummary(model, folds: folds) }
    var networks = 0
    let loaded = try folds.map { fold in
      let checkpoint = try MethodCheckpoint(of: model, fold: fold)
      networks = try checkpoint.method(on: .cpu).parts.count
      return Fold(
        fold: fold, checkpoint: try model.weights(ofFold: fold).lastPathComponent,
        weightsDigest: nil, epochs: checkpoint.state.log.count)
    }
    return ModelSummary(model, card: card, networks: networks, folds: loaded)
  }
}

extension Model {
  /// Writes a fold of networks beside nnU-Net's without its optimiser's state; returns whether the model
  /// has such networks.
  func writeMethod(fold: String, to url: URL) throws -> Bool {
    guard try networkCard() != nil else { return false }
    try MethodCheckpoint(of: self, fold: fold).writeForPrediction(to: url)
    return true
  }
}
