// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
import Text
import Torch
import Workflow

/// What a model folder holds, for people and for machines.
package struct ModelSummary: Sendable, Encodable {
  /// One trained fold.
  package struct Fold: Sendable, Encodable {
    /// "0" to "4", or "all".
    let fold: String
    /// The checkpoint's file.
    var checkpoint: String
    /// What tells its weights from others: `TrainedFold.weightsDigest`.
    let weights: String
    /// The epochs that it was trained for.
    let epochs: Int
    /// The best moving average of its pseudo-Dice, which includes forced foreground patches.
    let bestPseudoDice: Double?
    /// The axes that predictions are mirrored along.
    let mirroringAxes: [Int]
  }

  let trainer: String
  let plans: String
  let configuration: String
  let network: String
  let stages: Int
  let features: [Int]
  let parameters: Int
  let patch: [Int]
  let spacing: [Double]
  let channels: [String]
  let labels: [String]
  var folds: [Fold]
  /// The first stage of a cascade, where the file holds it.
  var previousStages: [ModelSummary] = []
  /// What the card of a model in one file says.
  var licence: String?

  /// Loads every fold into its plan's network and sums up what is there.
  package init(_ place: URL) throws {
    let model = try Model(at: place)
    try model.verifyParts()
    try self.init(model, folds: model.trainedFolds())
    licence = try EarlierCard(of: model, folds: folds)?.statements.licence
    if let earlier = try model.packedPreviousStage() {
      previousStages = [try ModelSummary(earlier, folds: earlier.trainedFolds())]
    }
  }

  /// Loads some folds into their plan's network and sums up what is there.
  init(_ model: Model, folds names: [String]) throws {
    let plan = model.configuration
    trainer = model.trainerName
    plans = model.plans.plansName
    configuration = model.configurationName
    network = plan.architecture.family.title
    stages = plan.architecture.nStages
    features = plan.architecture.featuresPerStage
    patch = plan.patchSize
    spacing = plan.spacing
    channels = model.dataset.channelNames
    labels = model.dataset.labels.entries.map(\.name)
    var parameters: Int?
    folds = try names.map { fold in
      let trained = try model.trained(fold, on: .cpu)
      parameters = trained.network.parameterCount
      return Fold(
        fold: fold, checkpoint: try model.weights(ofFold: fold).lastPathComponent,
        weights: try trained.weightsDigest(), epochs: trained.state.epoch,
        bestPseudoDice: trained.state.bestDice,
        mirroringAxes: trained.mirroringAxes)
    }
    self.parameters =
      try parameters
      ?? Model.network(plan, dataset: model.dataset, seed: 0, on: .cpu).parameterCount
  }

  /// The summary as JSON.
  package var json: String {
    get throws { String(decoding: try JSONFile.data(self), as: UTF8.self) }
  }

  /// The summary as a table.
  package var table: String {
    let own = rows + (licence.map { [("licence", $0)] } ?? [])
    return (own + previousStages.flatMap { [("previous stage", "")] + $0.rows })
      .map { $0.1.isEmpty ? "\n" + $0.0 : $0.0.padded(to: 15) + $0.1 }.joined(separator: "\n")
  }

  /// Names and values of what is there.
  var rows: [(String, String)] {
    func list(_ values: [some CustomStringConvertible], _ separator: String) -> String {
      values.map(\.description).joined(separator: separator)
    }
    var rows = [
      ("trainer", trainer), ("plans", plans), ("configuration", configuration),
      ("network", "\(network), \(stages) stages, \(list(features, "–")) features"),
      ("parameters", "\(parameters)"), ("patch", list(patch, " × ") + " voxels"),
      ("spacing", spacing.map { decimal($0, 3) }.joined(separator: " × ") + " mm"),
      ("channels", list(channels, ", ")), ("labels", list(labels, ", ")),
    ]
    if folds.isEmpty { rows.append(("folds", "none has weights")) }
    for fold in folds {
      let dice = fold.bestPseudoDice.map { ", pseudo-Dice \(decimal($0, 3))" } ?? ""
      let axes = fold.mirroringAxes.isEmpty ? "none" : list(fold.mirroringAxes, ", ")
      rows.append(
        (
          "fold \(fold.fold)",
          "\(fold.checkpoint), \(fold.epochs) epochs\(dice), mirrored along axes: \(axes)"
        ))
    }
    return rows
  }
}

extension NetworkArchitecture.Family {
  /// What a reader calls the network.
  package var title: String {
    switch self {
    case .plainConvUNet: "plain U-Net"
    case .residualEncoderUNet: "residual encoder U-Net"
    }
  }
}
