// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Figures
import Report
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
}
