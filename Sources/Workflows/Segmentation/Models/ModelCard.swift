// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import Text
import Workflow

/// What an exported model says about itself, for machines (`model.json`) and people (`MODEL.md`).
///
/// Nothing in it names a patient, a case, a person, a path or a date.
struct ModelCard: Encodable, Sendable {
  /// What only the exporting person knows.
  struct Statements: Sendable, Hashable {
    var licence: String?
    var intendedUse: String?
    var trainingData: String?
  }

  /// What is known of the cases that it was trained on.
  struct TrainingData: Encodable, Sendable {
    let dataset: String
    let cases: Int
    let statement: String?
    let description: String?
    let reference: String?
    let licence: String?
  }

  /// The figures of one fold's validation on whole scans, as nnU-Net's summary.json has them.
  struct Validation: Codable, Sendable {
    let fold: String
    let cases: Int
    let meanDice: Double?
    let diceByLabel: [String: Double]
  }

  let summary: ModelSummary
  let intendedUse: String
  let licence: String
  let trainingData: TrainingData
  let validation: [Validation]
  /// The first stage of a cascade, where it is in the same file.
  let previousStage: [ModelCard]
  var parts: [ModelManifest.Part]

  /// A card of a model whose parts are made already.
  ///
  /// What nobody states or measured here is taken from the card that the model came with.
  init(
    _ summary: ModelSummary, of model: Model, statements: Statements = .init(),
    previousStage: ModelCard? = nil, parts: [ModelManifest.Part] = []
  ) throws {
    self.summary = summary
    self.parts = parts
    self.previousStage = previousStage.map { [$0] } ?? []
    let earlier = try EarlierCard(of: model, folds: summary.folds)
    let labels = summary.labels.filter { $0 != "background" }.joined(separator: ", ")
    intendedUse =
      statements.intendedUse ?? earlier?.statements.intendedUse
      ?? "Research: segmentation of \(labels) in images of \(summary.channels.joined(separator: ", "))"
      + " like those of the training data. Not a medical device; not for diagnosis or treatment."
    licence = statements.licence ?? earlier?.statements.licence ?? "not stated"
    let information = model.dataset.information
    func text(_ keys: String...) -> String? {
      keys.lazy.compactMap { information[$0]?.string }.first { !$0.isEmpty }?.shown(atMost: 2000)
    }
    trainingData = TrainingData(
      dataset: model.plans.datasetName, cases: model.dataset.numTraining,
      statement: statements.trainingData ?? earlier?.statements.trainingData,
      description: text("description"),
      reference: text("reference"), licence: text("licence", "license"))
    validation = try summary.folds.compactMap { fold in
      let name = "fold_\(fold.fold)/validation/summary.json"
      return try model.json(named: name).flatMap { Validation(fold: fold.fold, summary: $0) }
        ?? earlier?.validation.first { $0.fold == fold.fold }
    }
  }

  private enum Key: String, CodingKey {
    case format
    case formatVersion = "format_version"
    case trainer, plans, configuration, network, licence, validation, versions, parts
    case intendedUse = "intended_use"
    case trainingData = "training_data"
    case previousStage = "previous_stage"
  }

  func encode(to encoder: any Encoder) throws {
    var c = encoder.container(keyedBy: Key.self)
    try c.encode(ModelManifest.format, forKey: .format)
    try c.encode(ModelManifest.version(isCascade: !previousStage.isEmpty), forKey: .formatVersion)
    try c.encode(summary.trainer, forKey: .trainer)
    try c.encode(summary.plans, forKey: .plans)
    try c.encode(summary.configuration, forKey: .configuration)
    try c.encodeIfPresent(previousStage.first?.stage, forKey: .previousStage)
    try c.encode(summary, forKey: .network)
    try c.encode(licence, forKey: .licence)
    try c.encode(intendedUse, forKey: .intendedUse)
    try c.encode(trainingData, forKey: .trainingData)
    try c.encode(validation, forKey: .validation)
    try c.encode(["cac": RunRecord.version, "layout": "nnU-Net 2"], forKey: .versions)
    try c.encode(parts, forKey: .parts)
  }

  private var stage: ModelManifest.Stage {
    .init(
      trainer: summary.trainer, plans: summary.plans, configuration: summary.configuration)
  }

  /// The card for people; its table of parts cannot list the two cards.
  var markdown: String {
    var page = "# \(trainingData.dataset): \(summary.trainer), \(summary.configuration)\n\n"
    page += "## Intended use\n\(intendedUse)\n\n## Licence\n\(licence)\n\n"
    page += "## Training data\n| | |\n| --- | --- |\n" + row("data set", trainingData.dataset)
    page += row("training cases", "\(trainingData.cases)")
    for (name, value) in [
      ("in the exporter's words", trainingData.statement),
      ("description", trainingData.description), ("reference", trainingData.reference),
      ("licence of the data", trainingData.licence),
    ] {
      if let value { page += row(name, value) }
    }
    page += "\n## Configuration and folds\n\(network)\n## Validation\n\(figures)"
    for earlier in previousStage {
      page += "\n## Previous stage\nIt is predicted first, and refined.\n\n\(earlier.network)\n"
      page += "Its validation:\n\n\(earlier.figures)"
    }
    page += "\n## Parts\nWritten by cac \(RunRecord.version).\n\n"
    page += "| part | bytes | SHA-256 |\n| --- | --- | --- |\n"
    for part in parts { page += "| \(part.name) | \(part.bytes) | `\(part.sha256)` |\n" }
    return page
  }

  private var network: String {
    "| | |\n| --- | --- |\n" + summary.rows.map { row($0.0, $0.1) }.joined()
  }

  private var figures: String {
    guard !validation.isEmpty else {
      return "No figures on whole scans came with the model. The pseudo-Dice above is of patches "
        + "that were chosen to hold foreground, so it is no measure of whole scans.\n"
    }
    var table = "| fold | cases | mean Dice | by label |\n| --- | --- | --- | --- |\n"
    for one in validation {
      let labels = one.diceByLabel.sorted { $0.key < $1.key }
        .map { "\($0.key): \(decimal($0.value, 3))" }.joined(separator: ", ")
      let mean = one.meanDice.map { decimal($0, 3) } ?? "–"
      table += "| \(one.fold) | \(one.cases) | \(mean) | \(escaped(labels)) |\n"
    }
    return table
  }

  private func row(_ name: String, _ value: String) -> String {
    "| \(name) | \(escaped(value)) |\n"
  }

  private func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }
}

extension ModelCard.Validation {
  /// The figures of a summary.json; its list of cases holds their names, of which only the count is
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
