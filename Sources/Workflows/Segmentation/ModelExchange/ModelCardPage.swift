// SPDX-License-Identifier: Apache-2.0
import Learning
import Text
import Workflow

/// The card of an exported model for people, `MODEL.md`.
struct ModelCardPage {
  private let card: ModelCard
  private let description: ModelCard.Description
  private let previous: ModelCard.Description?

  /// The page of a card and, of a cascade with its first stage, that stage's card.
  init(_ card: ModelCard, previousStage: ModelCard?) throws {
    guard let description = card.description else {
      throw WorkflowError(.invalid, "\(card.name): its card describes no network")
    }
    self.card = card
    self.description = description
    previous = previousStage?.description
  }

  /// The page in Markdown; its table of parts cannot list the two cards.
  var markdown: String {
    let (summary, data) = (description.network, description.trainingData)
    var page = "# \(data.dataset): \(summary.trainer), \(summary.configuration)\n\n"
    page += "## Intended use\n\(description.intendedUse ?? "")\n\n"
    page += "## Licence\n\(description.licence ?? "")\n\n"
    page += "## Training data\n| | |\n| --- | --- |\n" + row("data set", data.dataset)
    page += row("training cases", "\(data.cases)")
    for (name, value) in [
      ("in the exporter's words", data.statement), ("description", data.description),
      ("reference", data.reference), ("licence of the data", data.licence),
    ] {
      if let value { page += row(name, value) }
    }
    page += "\n## Configuration and folds\n\(network(description))\n"
    page += "## Validation\n\(figures(description))"
    if let previous {
      page += "\n## Previous stage\nIt is predicted first, and refined.\n\n\(network(previous))\n"
      page += "Its validation:\n\n\(figures(previous))"
    }
    page += "\n## Parts\nWritten by cac \(RunRecord.version).\n\n"
    page += "| part | bytes | SHA-256 |\n| --- | --- | --- |\n"
    for part in card.parts { page += "| \(part.name) | \(part.bytes) | `\(part.sha256)` |\n" }
    return page
  }

  private func network(_ description: ModelCard.Description) -> String {
    "| | |\n| --- | --- |\n" + description.network.rows.map { row($0.0, $0.1) }.joined()
  }

  private func figures(_ description: ModelCard.Description) -> String {
    guard !description.validation.isEmpty else {
      return "No figures on whole scans came with the model. The pseudo-Dice above is of patches "
        + "that were chosen to hold foreground, so it is no measure of whole scans.\n"
    }
    var table = "| fold | cases | mean Dice | by label |\n| --- | --- | --- | --- |\n"
    for fold in description.validation {
      let labels = fold.diceByLabel.sorted { $0.key < $1.key }
        .map { "\($0.key): \(readable($0.value, 3))" }.joined(separator: ", ")
      let mean = fold.meanDice.map { readable($0, 3) } ?? "–"
      table += "| \(fold.fold) | \(fold.cases) | \(mean) | \(escaped(labels)) |\n"
    }
    return table
  }

  private func row(_ name: String, _ value: String) -> String {
    "| \(name) | \(escaped(value)) |\n"
  }

  private func escaped(_ text: String) -> String { text.replacing("|", with: "\\|") }
}
