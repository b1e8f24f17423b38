// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Statistics
import Text
import Workflow

extension ModelEvaluation {
  var arteryTable: EvaluationTable? {
    guard !arteries.isEmpty else { return nil }
    return EvaluationTable(
      title: "Arteries", caption: "Agatston scores of the arteries, 95 % intervals by formula",
      headings: ["artery", "subjects", "Pearson r", "Spearman ρ", "Lin's concordance", "bias"],
      rows: Artery.allCases.compactMap { artery in
        guard let row = arteries[artery.abbreviation] else { return nil }
        return [
          artery.abbreviation, "\(row.count)", EvaluationCell.correlation(row.pearson),
          EvaluationCell.correlation(row.spearman), EvaluationCell.estimate(row.concordance.value),
          row.blandAltman.value.map { EvaluationCell.ranged($0.bias, $0.biasInterval, 1) }
            ?? EvaluationCell.missing,
        ]
      })
  }

  var arteryDetectionTable: EvaluationTable? {
    guard let detection = arteryDetection else { return nil }
    return EvaluationTable(
      title: "Arteries with calcium",
      caption: "Whether an artery has any, with 95 % Wilson intervals",
      headings: ["artery", "with | without", "sensitivity", "specificity", "PPV", "NPV", "F1"],
      rows: Artery.allCases.compactMap { artery in
        detection[artery.abbreviation].map { [artery.abbreviation] + $0.cells }
      })
  }

  var vesselTable: EvaluationTable? {
    guard let vessels = vesselCount else { return nil }
    let indices = vessels.confusion.counts.indices
    return EvaluationTable(
      title: "Calcified arteries",
      caption: "Subjects by the number of calcified arteries: reference (rows) and computed",
      headings: ["reference number"] + indices.map { "\($0)" },
      rows: indices.map { i in ["\(i)"] + vessels.confusion.counts[i].map { "\($0)" } },
      notes: [
        "Same number in \(EvaluationCell.number(vessels.accuracy.map { 100 * $0 }, 1)) % of "
          + "\(vessels.count), linear κ \(EvaluationCell.kappa(vessels.linearKappa)), "
          + "bias \(readable(vessels.bias, 2))"
      ], isCounts: true)
  }
}
