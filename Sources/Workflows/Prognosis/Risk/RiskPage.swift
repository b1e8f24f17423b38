// SPDX-License-Identifier: Apache-2.0
package import Report
import Risk
import Text

/// One page about the calcium and the risk of one person.
package enum RiskPage {
  /// The content of the page.
  package static func content(_ person: PersonRisk, date: String) -> ReportContent {
    var content = ReportContent(
      title: "Calcium score and cardiovascular risk",
      introduction:
        "What published models say of \(person.id.isEmpty ? "one person" : person.id), with and without "
        + "the calcium score. Each estimate is how often the event came in a large group of people with "
        + "the same values; nobody can say to whom of them.",
      date: date)
    content.cards = cards(person)
    content.figures = figures(person)
    content.parts = [
      estimates(person), inputs(person), limits,
    ]
    content.methods =
      person.answers.filter { $0.refusal == nil }.map {
        .init($0.model.name, "\($0.model.publication). Holds for \($0.model.validity).")
      } + (person.category == nil ? [] : [.init("cac-drs", PersonRisk.categorySource)])
    return content
  }

  private static func cards(_ person: PersonRisk) -> [ReportContent.Card] {
    var cards: [ReportContent.Card] = []
    if let agatston = person.factors.agatston {
      cards.append(
        .init(
          label: "Agatston score", value: readable(agatston, agatston < 10 ? 1 : 0),
          detail: person.category.map { "class CAC-DRS \($0)" } ?? ""))
    }
    if case .known(let answers) = person.percentiles {
      cards += answers.map {
        .init(
          label: "Percentile", value: $0.percentile.map { readable($0, 0) } ?? "–",
          detail: "\($0.words): \($0.group)")
      }
    }
    if let age = person.estimate("arterial-age") {
      cards.append(
        .init(
          label: "Arterial age", value: readable(age.value, 0),
          detail: "years; of those of that age with average calcium the coronary risk is alike"))
    }
    for (model, label) in [
      ("mesa", "Risk without calcium"), ("mesa-cac", "Risk with calcium"),
    ] {
      guard let risk = person.estimate(model) else { continue }
      cards.append(
        .init(
          label: label, value: "\(readable(risk.value)) %",
          detail: "coronary event within 10 years (MESA)"))
    }
    return cards
  }

  private static func figures(_ person: PersonRisk) -> [ReportContent.Figure] {
    guard let without = person.estimate("mesa"), let with = person.estimate("mesa-cac") else {
      guard let risk = person.answers.lazy.flatMap(\.estimates).first(where: { $0.unit == "%" })
      else { return [] }
      return [
        .people(
          title: "\(risk.outcome) (\(risk.model))", percent: risk.value,
          event: "have such an event within 10 years", caption: "")
      ]
    }
    let event = "have a first coronary event within 10 years"
    return [
      .people(
        title: "Without the calcium score", percent: without.value, event: event,
        caption: "By age, sex, blood pressure, cholesterol and history alone (MESA)."),
      .people(
        title: "With the calcium score", percent: with.value, event: event,
        caption:
          "With \(readable(person.factors.agatston ?? 0, 0)) Agatston points besides (MESA)."),
    ]
  }

  private static func estimates(_ person: PersonRisk) -> ReportContent.Part {
    var rows: [[String]] = []
    var notes: [String] = []
    for answer in person.answers {
      for estimate in answer.estimates {
        rows.append([
          estimate.model, estimate.outcome, "\(readable(estimate.value)) \(estimate.unit)",
          estimate.category ?? "",
        ])
      }
      if let refusal = answer.refusal {
        notes.append("No estimate by \(answer.model.name): \(refusal).")
      }
    }
    if case .refused(let reason) = person.percentiles { notes.append("No percentile: \(reason).") }
    return ReportContent.Part(
      title: "All models",
      introduction:
        "The models count different events in different people, so their numbers differ and must not be "
        + "averaged.",
      tables: [
        .init(
          title: "", caption: "Estimates",
          headings: [
            .init("Model"), .init("Outcome"), .init("Estimate", isNumber: true), .init("Category"),
          ], rows: rows, notes: notes)
      ])
  }

  private static func inputs(_ person: PersonRisk) -> ReportContent.Part {
    ReportContent.Part(
      title: "What it rests on", introduction: "The values that were given; nothing was guessed.",
      tables: [
        .init(
          title: "", caption: "Inputs",
          headings: [.init("Input"), .init("Value", isNumber: true)],
          rows: RiskInput.allCases.compactMap { input in
            input.text(person.factors).map { [input.rawValue, $0] }
          })
      ])
  }

  private static var limits: ReportContent.Part {
    ReportContent.Part(
      title: "What it does not say",
      introduction:
        "Whether this person will fall ill; whether an artery is narrowed (calcium is not stenosis, and "
        + "soft plaque shows no calcium); what to do, since no model here weighs benefits and harms of a "
        + "treatment. A second scan of the same person differs by 10 to 20 % in its score. The models "
        + "were made from people without known cardiovascular disease in the countries named in their "
        + "publications, and can be wrong elsewhere.")
  }
}
