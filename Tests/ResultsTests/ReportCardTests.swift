// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Figures
import Report
import Statistics
import Testing

@testable import Results

@Suite struct `Metrics in words` {
  private func model() throws -> ModelEvaluation {
    try ModelEvaluation(
      name: "m",
      table: ResultTable(
        rows: [(0, 0), (0, 12), (5, 8), (50, 45), (90, 130), (380, 420)].enumerated().map {
          ResultRow(
            subject: "s\($0)", reference: SubjectScores(agatston: $1.0),
            computed: SubjectScores(agatston: $1.1))
        }), options: EvaluationOptions(bootstrap: nil))
  }

  @Test func `of one model are not side by side`() throws {
    let model = try model()
    #expect(EvaluationTables([model]).metrics.title == "Metrics")
    #expect(EvaluationTables([model, model]).metrics.title == "Models side by side")
    var content = ReportContent(title: "")
    try ReportEvaluation([model], scale: .linear).fill(&content)
    #expect(!content.parts.contains { $0.title == "Comparison" })
  }

  @Test func `have one interval each, the same in all tables`() async throws {
    let table = ResultTable(
      rows: [(0, 0), (0, 12), (5, 8), (50, 45), (90, 130), (380, 420), (700, 600)].enumerated()
        .map {
          ResultRow(
            subject: "s\($0)", reference: SubjectScores(agatston: $1.0),
            computed: SubjectScores(agatston: $1.1))
        })
    let options = EvaluationOptions(bootstrap: BootstrapOptions(resamples: 200))
    let result = try await EvaluationResult([
      EvaluationInput(model: try ModelEvaluation(name: "m", table: table, options: options))
    ])
    let model = try #require(result.models.first)
    for row in MetricRow.all(of: model) {
      #expect(row.byFormula.isEmpty || row.byResampling.isEmpty, "\(row.name)")
    }
    let agreement = try #require(model.tables.first { $0.title == "Agreement" })
    for metric in [Metric.pearson, .spearman] {
      let text = MetricRow(model.value(of: metric)).text
      #expect(agreement.rows.contains { $0.count > 1 && $0[1] == text }, "\(text)")
    }
    let kappa = MetricRow(model.value(of: .linearKappa)).text
    #expect(model.tables.contains { $0.notes.contains { $0.contains("linear κ \(kappa)") } })
  }

  @Test func `in a terminal have a true minus sign and commas from 10,000 on`() {
    var table = EvaluationTable(title: "t", headings: ["metric", "value"])
    table.rows = [["bias", EvaluationCell.ranged(-12.5, nil, 1)], ["maximum", "-3"]]
    #expect(table.text("").contains("\u{2212}12.5") && table.text("").contains("\u{2212}3"))
    #expect(EvaluationCell.number(12_345.6, 1) == "12,345.6")
    #expect(EvaluationCell.number(1_234.5, 1) == "1234.5")
  }

  @Test func `are a row each, whatever they are called`() throws {
    let rows = MetricRow.all(of: try model())
    #expect(rows.map(\.metric) == Metric.allCases)
    #expect(Set(rows.map(\.name)).count == Metric.allCases.count)
    #expect(rows.allSatisfy { !$0.name.isEmpty && !$0.value.isEmpty })
  }

  @Test func `make the cards of a page by their keys, so that no name can lose one`() throws {
    let model = try model()
    var content = ReportContent(title: "")
    try ReportEvaluation([model], scale: .linear).fill(&content)
    #expect(
      content.cards.map(\.label)
        == ["Subjects", "Spearman ρ", "Linear κ", "Pearson r", "Same risk class"])
    let values = [Metric.spearman, .linearKappa, .pearson, .sameClass].map {
      MetricRow(model.value(of: $0)).value
    }
    #expect(content.cards.dropFirst().map(\.value) == values)
    #expect(content.cards.allSatisfy { $0.value != EvaluationCell.missing })
  }

  @Test func `have one of the ranges, where the table has some`() throws {
    var rows = (0..<4).map { i in
      ResultRow(
        subject: "s\(i)", reference: SubjectScores(agatston: Double(40 * i)),
        computed: SubjectScores(agatston: Double(41 * i)))
    }
    for i in rows.indices { (rows[i].lowEnd, rows[i].highEnd) = (0, Double(35 * i)) }
    let model = try ModelEvaluation(name: "2d", table: ResultTable(rows: rows))
    var content = ReportContent(title: "")
    try ReportEvaluation([model], scale: .linear).fill(&content)
    let card = try #require(content.cards.last)
    #expect(card.label == "Within the 90 % range")
    #expect(card.value == "1 of 4")
    #expect(card.detail.contains("median width"))
  }
}
