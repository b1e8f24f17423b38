// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Text

extension ModelCard {
  /// What only the exporting person knows.
  package struct Statements: Sendable, Hashable {
    /// The licence of the weights.
    package var licence: String?
    /// The intended use.
    package var intendedUse: String?
    /// A remark on the training data.
    package var trainingData: String?

    /// Statements; none are made unless they are given.
    package init(
      licence: String? = nil, intendedUse: String? = nil, trainingData: String? = nil
    ) {
      self.licence = licence
      self.intendedUse = intendedUse
      self.trainingData = trainingData
    }
  }

  /// The cases that the model was trained on.
  package struct TrainingData: Codable, Sendable {
    /// The full name of the data set.
    package let dataset: String
    /// The number of training cases.
    package let cases: Int
    /// The exporting person's remark.
    package let statement: String?
    /// The description in dataset.json.
    package let description: String?
    /// The reference in dataset.json.
    package let reference: String?
    /// The licence in dataset.json.
    package let licence: String?
  }

  /// The figures of one fold's validation on whole scans, as nnU-Net's summary.json has them.
  package struct Validation: Codable, Sendable {
    /// "0" to "4", or "all".
    package let fold: String
    /// The number of cases.
    package let cases: Int
    /// The mean Dice of the foreground; absent where a class is in no case.
    package let meanDice: Double?
    /// The mean Dice of each label or region, by nnU-Net's name of it.
    package let diceByLabel: [String: Double]
  }

  /// What users should know of a model.
  package struct Description: Codable, Sendable {
    /// The network and its folds.
    package let network: ModelSummary
    /// The licence of the weights.
    package let licence: String?
    /// The intended use.
    package let intendedUse: String?
    /// The cases that the model was trained on.
    package let trainingData: TrainingData
    /// The figures of each fold that was validated.
    package let validation: [Validation]
    /// The versions of the program and of the layout.
    package let versions: [String: String]?

    private enum CodingKeys: String, CodingKey {
      case network, licence, validation, versions
      case intendedUse = "intended_use"
      case trainingData = "training_data"
    }

    init(
      of model: Model, _ summary: ModelSummary, statements: Statements, program: String
    ) throws {
      network = summary
      let inherited = try model.inheritedDescription(of: summary.folds)
      let labels = summary.labels.filter { $0 != "background" }.joined(separator: ", ")
      let channels = summary.channels.joined(separator: ", ")
      intendedUse =
        statements.intendedUse ?? inherited?.statements.intendedUse
        ?? "Research: segmentation of \(labels) in images of \(channels)"
        + " like those of the training data. Not a medical device; not for diagnosis or treatment."
      licence = statements.licence ?? inherited?.statements.licence ?? "not stated"
      let information = model.dataset.information
      func text(_ keys: String...) -> String? {
        keys.lazy.compactMap { information[$0]?.string }.first { !$0.isEmpty }?
          .shown(atMost: 2000)
      }
      trainingData = TrainingData(
        dataset: model.plans.datasetName, cases: model.dataset.numTraining,
        statement: statements.trainingData ?? inherited?.statements.trainingData,
        description: text("description"), reference: text("reference"),
        licence: text("licence", "license"))
      validation = try summary.folds.compactMap { fold in
        let name = "fold_\(fold.fold)/validation/\(SegmentationSummary.fileName)"
        return try model.json(named: name).flatMap { Validation(fold: fold.fold, summary: $0) }
          ?? inherited?.validation.first { $0.fold == fold.fold }
      }
      versions = ["cac": program, "layout": "nnU-Net 2"]
    }
  }
}

extension ModelCard.Validation {
  /// The figures of a summary.json; of its list of cases, which holds names, only the count is
  /// taken.
  init?(fold: String, summary: JSON) {
    guard let means = summary["mean"]?.object else { return nil }
    func finite(_ value: JSON?) -> Double? {
      value?.double.flatMap { $0.isFinite ? $0 : nil }
    }
    self.fold = fold
    cases = summary["metric_per_case"]?.array?.count ?? 0
    meanDice = finite(summary["foreground_mean"]?["Dice"])
    diceByLabel = Dictionary(
      means.keys.compactMap { label in finite(means[label]?["Dice"]).map { (label, $0) } },
      uniquingKeysWith: { first, _ in first })
  }
}

extension Model {
  /// What the card that came with the model says, as far as its weights are still those of the
  /// card.
  ///
  /// A copied model has no validation of its own; the card keeps the figures. They belong to the
  /// weights whose digest stands beside them, and to no others.
  ///
  /// - Returns: the statements, and the figures of folds whose weights are the same; `nil` where
  ///   there is no card, or none of these folds is one of the card's.
  /// - Throws: `LearningError` with the code `model` where the card cannot be read.
  package func inheritedDescription(of folds: [ModelSummary.Fold]) throws -> (
    statements: ModelCard.Statements, validation: [ModelCard.Validation]
  )? {
    guard let text = try text(named: ModelCard.fileName) else { return nil }
    guard let card = try? JSONDecoder().decode(ModelCard.self, from: text),
      let description = card.description
    else {
      throw LearningError(
        .model, subject: "\(folder.path)/\(ModelCard.fileName)",
        detail: "is no card of a model; delete it, or import the model again")
    }
    // In one file the weights are the card's, because the digests of its parts were checked.
    let isOneFile = Folder.isFile(folder)
    let recorded = Dictionary(
      description.network.folds.map { ($0.fold, $0.weightsDigest) },
      uniquingKeysWith: { first, _ in first })
    let same = Set(
      folds.filter { fold in
        guard let weights = recorded[fold.fold] else { return false }
        return weights.map { $0 == fold.weightsDigest } ?? isOneFile
      }.map(\.fold))
    guard !same.isEmpty else { return nil }
    return (
      .init(
        licence: description.licence?.shown(atMost: 2000),
        intendedUse: description.intendedUse?.shown(atMost: 2000),
        trainingData: description.trainingData.statement?.shown(atMost: 2000)),
      description.validation.filter { same.contains($0.fold) }
    )
  }
}
