// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import NNUNet
import Torch

/// The network of a model and its trained folds, for people and for machines.
package struct ModelSummary: Codable, Sendable {
  /// One trained fold.
  package struct Fold: Codable, Sendable {
    /// "0" to "4", or "all".
    package let fold: String
    /// The checkpoint's file.
    package var checkpoint: String
    /// The digest of its weights, `TrainedFold.weightsDigest`; absent in cards of the first
    /// release.
    package let weightsDigest: String?
    /// The number of epochs that it was trained for.
    package let epochs: Int
    /// The best moving average of its pseudo-Dice, which includes forced foreground patches.
    package let bestPseudoDice: Double?
    /// The axes that predictions are mirrored along.
    package let mirroringAxes: [Int]

    /// A fold with weights.
    package init(
      fold: String, checkpoint: String, weightsDigest: String?, epochs: Int,
      bestPseudoDice: Double? = nil, mirroringAxes: [Int] = []
    ) {
      self.fold = fold
      self.checkpoint = checkpoint
      self.weightsDigest = weightsDigest
      self.epochs = epochs
      self.bestPseudoDice = bestPseudoDice
      self.mirroringAxes = mirroringAxes
    }

    private enum CodingKeys: String, CodingKey {
      case fold, checkpoint
      case weightsDigest = "weights"
      case epochs, bestPseudoDice, mirroringAxes
    }
  }

  /// The class of nnU-Net that trained it.
  package let trainer: String
  /// The name of its plans.
  package let plans: String
  /// The name of its configuration.
  package let configuration: String
  /// The family of the network, in words; of networks beside nnU-Net's where they are published.
  package let network: String
  /// The number of resolutions; of networks beside nnU-Net's the number of networks.
  package let stages: Int
  /// The number of feature channels of each stage; none of networks beside nnU-Net's, which have
  /// neither a patch nor a spacing of their plan.
  package let features: [Int]
  /// The number of trained numbers.
  package let parameters: Int
  /// The size of a patch in voxels.
  package let patch: [Int]
  /// The spacing of the network's grid in mm.
  package let spacing: [Double]
  /// The names of the channels.
  package let channels: [String]
  /// The names of the labels or regions, background included.
  package let labels: [String]
  /// The folds that have weights.
  package var folds: [Fold]
  /// The first stage of a cascade, where the file holds it; else none.
  package var previousStages: [ModelSummary] = []
  /// The licence in the card of a model in one file.
  package var licence: String?

  /// Opens a model, verifies its parts, and loads every fold into its plan's network.
  package init(at url: URL) throws {
    let model = try Model(at: url)
    try model.verifyParts()
    try self.init(model, folds: model.trainedFolds())
    licence = try model.inheritedDescription(of: folds)?.statements.licence
    if let earlier = try model.includedPreviousStage() {
      previousStages = [try ModelSummary(earlier, folds: earlier.trainedFolds())]
    }
  }

  /// The summary of networks beside nnU-Net's.
  ///
  /// - Parameters:
  ///   - model: the model.
  ///   - card: what its networks are.
  ///   - networks: how many there are in each fold.
  ///   - folds: the folds that have weights.
  package init(_ model: Model, card: NetworkCard, networks: Int, folds: [Fold]) {
    trainer = model.name.trainer
    plans = model.plans.plansName
    configuration = model.name.configuration
    network = card.source
    stages = networks
    (features, patch, spacing) = ([], [], [])
    parameters = card.parameters
    channels = model.dataset.channelNames
    labels = model.dataset.labels.entries.map(\.name)
    self.folds = folds
  }

  /// Loads some folds into their plan's network.
  package init(_ model: Model, folds names: [String]) throws {
    let plan = model.configuration
    trainer = model.name.trainer
    plans = model.plans.plansName
    configuration = model.name.configuration
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
        weightsDigest: try trained.weightsDigest(), epochs: trained.state.epoch,
        bestPseudoDice: trained.state.bestDice, mirroringAxes: trained.mirroringAxes)
    }
    self.parameters =
      try parameters
      ?? Model.network(plan, dataset: model.dataset, seed: 0, on: .cpu).parameterCount
  }

  /// Reads a summary, also one of the first release, which has no previous stages.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    trainer = try container.decode(String.self, forKey: .trainer)
    plans = try container.decode(String.self, forKey: .plans)
    configuration = try container.decode(String.self, forKey: .configuration)
    network = try container.decode(String.self, forKey: .network)
    stages = try container.decode(Int.self, forKey: .stages)
    features = try container.decode([Int].self, forKey: .features)
    parameters = try container.decode(Int.self, forKey: .parameters)
    patch = try container.decode([Int].self, forKey: .patch)
    spacing = try container.decode([Double].self, forKey: .spacing)
    channels = try container.decode([String].self, forKey: .channels)
    labels = try container.decode([String].self, forKey: .labels)
    folds = try container.decode([Fold].self, forKey: .folds)
    previousStages =
      try container.decodeIfPresent([ModelSummary].self, forKey: .previousStages) ?? []
    licence = try container.decodeIfPresent(String.self, forKey: .licence)
  }
}
