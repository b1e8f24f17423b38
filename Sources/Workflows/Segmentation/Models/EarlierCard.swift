// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import Text
import Workflow

/// What the card that came with a model says of it, as far as the weights are still those.
///
/// A copied model has no validation of its own: the card, `model.json`, keeps the figures. They are of
/// the weights whose digest stands beside them, and of no others.
struct EarlierCard {
  private struct Contents: Decodable {
    struct Network: Decodable { let folds: [Fold] }
    struct Fold: Decodable {
      let fold: String
      /// Cards of before have none.
      let weights: String?
    }
    struct TrainingData: Decodable { let statement: String? }

    let network: Network
    let licence: String?
    let intendedUse: String?
    let trainingData: TrainingData
    let validation: [ModelCard.Validation]

    enum CodingKeys: String, CodingKey {
      case network, licence, validation
      case intendedUse = "intended_use"
      case trainingData = "training_data"
    }
  }

  /// The licence, the intended use and the training data as the earlier exporter stated them.
  let statements: ModelCard.Statements
  /// The figures of the folds whose weights are the same.
  let validation: [ModelCard.Validation]

  /// Reads the card of a model; `nil` where there is none, or none of these folds is one of its own.
  init?(of model: Model, folds: [ModelSummary.Fold]) throws {
    guard let text = try model.text(named: ModelManifest.name) else { return nil }
    let card: Contents
    do {
      card = try JSONDecoder().decode(Contents.self, from: text)
    } catch {
      throw WorkflowError(
        "\(model.folder.path)/\(ModelManifest.name): is no card of a model; delete it, or import "
          + "the model again")
    }
    // Within one file the weights are the card's: the digests of its parts were checked.
    let isOneFile = Folder.isFile(model.folder)
    let known = Dictionary(
      card.network.folds.map { ($0.fold, $0.weights) }, uniquingKeysWith: { first, _ in first })
    let same = Set(
      folds.filter { fold in
        guard let weights = known[fold.fold] else { return false }
        return weights.map { $0 == fold.weights } ?? isOneFile
      }.map(\.fold))
    guard !same.isEmpty else { return nil }
    validation = card.validation.filter { same.contains($0.fold) }
    statements = .init(
      licence: card.licence?.shown(atMost: 2000),
      intendedUse: card.intendedUse?.shown(atMost: 2000),
      trainingData: card.trainingData.statement?.shown(atMost: 2000))
  }
}
