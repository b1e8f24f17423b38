// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text

/// The card of a packed model of several stages for people, `MODEL.md`: a section for each stage.
struct StagedModelPage {
  private let summary: StagedModelSummary
  private let cards: [String: String]

  /// The page of a model with the cards of its stages, which are Markdown.
  init(_ summary: StagedModelSummary, cards: [String: String]) {
    self.summary = summary
    self.cards = cards
  }

  /// The page in Markdown.
  var markdown: String {
    var page = "# \(summary.name)\(summary.version.map { " \($0)" } ?? "")\n\n"
    page += "A model of \(counted(summary.stages.count, "stage")) that scores coronary calcium.\n\n"
    for (title, text) in [
      ("Intended use", summary.intendedUse), ("Licence", summary.licence),
      ("Training data", summary.trainingData),
    ] {
      if let text { page += "## \(title)\n\(text)\n\n" }
    }
    for stage in summary.stages {
      page += "## Stage: \(stage.name)\n"
      if let card = cards[stage.name] {
        page += card.trimmingCharacters(in: .whitespacesAndNewlines) + "\n\n"
      }
      page += table(
        [("kind", stage.kind), ("weights", "\(stage.parameters)")]
          + stage.design.sorted { $0.key < $1.key } + [("SHA-256", "`\(stage.sha256)`")])
    }
    if let calibration = summary.calibration {
      page += "## Calibration\n\(calibration); see Docs/explanation/uncertainty.md\n\n"
    }
    return page + "## Rules between the stages\n" + table(summary.ruleRows)
  }

  private func table(_ rows: [(String, String)]) -> String {
    "| | |\n| --- | --- |\n"
      + rows.map { "| \($0.0) | \($0.1.replacing("|", with: "\\|")) |\n" }.joined() + "\n"
  }
}
