// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Risk
import Text
import Workflow

/// What `cac risk` writes: tables for a terminal, CSV and JSON.
package enum RiskText {
  /// One line for each person, model and outcome; numbers in full.
  package static func csv(_ people: [PersonRisk]) -> String {
    CSVTable(
      header: [
        "id", "model", "outcome", "value", "unit", "category", "refused", "publication",
        "holds_for",
        "inputs",
      ], rows: people.flatMap { rows($0).map(\.cells) }
    ).text
  }

  /// The same as a list of objects without empty values.
  package static func json(_ people: [PersonRisk]) throws -> String {
    String(decoding: try JSONFile.data(people.flatMap(rows)), as: UTF8.self)
  }

  /// A row of the table, and an object of the list.
  private struct Row: Encodable {
    var id: String
    var model: String
    var outcome: String?
    var value: Double?
    var unit: String?
    var category: String?
    var refused: String?
    var publication: String
    var holdsFor: String?
    var inputs: [String]

    var cells: [String] {
      [
        id, model, outcome ?? "", value.map { "\($0)" } ?? "", unit ?? "", category ?? "",
        refused ?? "", publication, holdsFor ?? "", inputs.joined(separator: "; "),
      ]
    }

    private enum CodingKeys: String, CodingKey {
      case id, model, outcome, value, unit, category, refused, publication
      case holdsFor = "holds_for"
      case inputs
    }
  }

  private static func rows(_ person: PersonRisk) -> [Row] {
    var rows: [Row] = []
    for answer in person.answers {
      var row = Row(
        id: person.id, model: answer.model.name, refused: answer.refusal,
        publication: answer.model.publication, holdsFor: answer.model.validity,
        inputs: answer.model.inputs.map(\.rawValue))
      if answer.refusal != nil { rows.append(row) }
      for estimate in answer.estimates {
        (row.outcome, row.value) = (estimate.outcome, estimate.value)
        (row.unit, row.category) = (estimate.unit, estimate.category)
        rows.append(row)
      }
    }
    if let category = person.category {
      rows.append(
        Row(
          id: person.id, model: "cac-drs", outcome: "calcium class", category: category,
          publication: PersonRisk.categorySource, inputs: ["agatston"]))
    }
    switch person.percentiles {
    case .known(let answers):
      rows += answers.map {
        Row(
          id: person.id, model: "percentile", outcome: "percentile of the calcium score",
          value: $0.percentile, unit: $0.percentile == nil ? nil : "%", category: $0.words,
          publication: $0.group, inputs: ["age", "sex", "race", "agatston"])
      }
    case .refused(let reason):
      rows.append(
        Row(
          id: person.id, model: "percentile", refused: reason, publication: "the table given",
          inputs: ["age", "sex", "race", "agatston"]))
    case nil: break
    }
    return rows
  }

  /// The answers about one person for a terminal.
  package static func text(_ person: PersonRisk) -> String {
    var table = TextTable(["model", "outcome", "estimate", "category"])
    for answer in person.answers {
      for estimate in answer.estimates {
        table.add([
          estimate.model, estimate.outcome, "\(readable(estimate.value)) \(estimate.unit)",
          estimate.category ?? "",
        ])
      }
    }
    if let category = person.category {
      table.add(["cac-drs", "calcium class", "", category, ""])
    }
    var refusals = person.answers.compactMap { answer in
      answer.refusal.map { "no \(answer.model.name): \($0)" }
    }
    var sources = person.answers.filter { $0.refusal == nil }.map {
      "\($0.model.name) holds for \($0.model.validity): \($0.model.publication)"
    }
    if person.category != nil { sources.append("cac-drs: \(PersonRisk.categorySource)") }
    switch person.percentiles {
    case .known(let answers): sources = answers.map { "\($0)" } + sources
    case .refused(let reason): refusals.append("no percentile: \(reason)")
    case nil: break
    }
    return [
      person.answers.allSatisfy { $0.refusal != nil } && person.category == nil ? "" : table.text,
      sources.joined(separator: "\n"),
      refusals.joined(separator: "\n"),
    ].filter { !$0.isEmpty }.joined(separator: "\n\n")
  }

  /// How many people each model has numbers for, and why it has none for others.
  package static func summary(_ people: [PersonRisk]) -> String {
    guard let first = people.first else { return "" }
    var table = TextTable(["model", "people", "median", "refused", "most frequent reason"])
    for (place, answer) in first.answers.enumerated() {
      let all = people.map { $0.answers[place] }
      let reasons = Dictionary(grouping: all.compactMap(\.refusal)) { $0 }.mapValues(\.count)
      let most = reasons.max { ($0.value, $1.key) < ($1.value, $0.key) }
      let values = all.compactMap { $0.estimates.first?.value }.sorted()
      table.add([
        answer.model.name, "\(values.count)",
        values.isEmpty
          ? "" : "\(readable(median(values))) \(answer.model.unit) (\(answer.model.outcomes[0]))",
        "\(all.count - values.count)", most.map { "\($0.key) (\($0.value))" } ?? "",
      ])
    }
    return table.text
  }

  private static func median(_ sorted: [Double]) -> Double {
    (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}
