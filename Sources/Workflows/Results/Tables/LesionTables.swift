// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Statistics
import Text
import Workflow

extension ModelEvaluation {
  private static let noInterval =
    " A value has none where all resamples agree, or too many lack it."

  var lesionTables: [EvaluationTable] {
    guard let lesions else { return [] }
    let dice = [
      ["scans", "\(lesions.scans)"],
      [
        "mean Dice",
        lesions.diceInterval?.value.map { EvaluationCell.ranged($0.estimate, $0.interval) }
          ?? EvaluationCell.number(lesions.meanDice),
      ],
      ["Dice of all voxels together", EvaluationCell.number(lesions.pooledDice)],
      ["scans without calcium in either mask", "\(lesions.emptyScans)"],
      ["scans with predicted calcium only", "\(lesions.falseScans)"],
      [
        "slices with reference calcium",
        "\(readable(lesions.slicesWithReference)) of \(readable(lesions.slices))",
      ],
    ]
    return [
      EvaluationTable(
        title: "Lesions by size", caption: options.bootstrap?.caption ?? "Lesions by size",
        headings: [
          "volume in mm³", "reference", "found", "predicted", "wrong", "sensitivity", "precision",
          "F1", "wrong per scan",
        ],
        rows: (lesions.bySize + [lesions.all]).map { row in
          [
            row.size, readable(row.reference), readable(row.found), readable(row.predicted),
            readable(row.falsePositives),
            EvaluationCell.share(row.sensitivity, row.metrics[.sensitivity]),
            EvaluationCell.share(row.precision, row.metrics[.precision]),
            row.metrics[.f1]?.value == nil
              ? EvaluationCell.number(row.f1) : EvaluationCell.bootstrap(row.metrics[.f1]),
            row.metrics[.falsePositivesPerScan]?.value == nil
              ? readable(Double(row.falsePositives) / Double(max(lesions.scans, 1)), 2)
              : EvaluationCell.bootstrap(row.metrics[.falsePositivesPerScan], 2),
          ]
        }, notes: [LesionDetection.rule + (options.bootstrap == nil ? "" : Self.noInterval)])
    ] + (lesions.arteries.map { [table(of: $0)] } ?? []) + [
      EvaluationTable(
        title: "Overlap of voxels", caption: "Dice's coefficient of reference and predicted masks",
        headings: ["overlap", "value"], rows: dice, notes: [LesionDetection.diceRule])
    ]
  }

  private func table(of arteries: LesionArteries) -> EvaluationTable {
    let names = Artery.allCases.map(\.abbreviation)
    let share = arteries.accuracy.map { "\(readable(100 * $0)) %" } ?? EvaluationCell.missing
    return EvaluationTable(
      title: "Arteries of the lesions",
      caption: "Lesions by artery: reference (rows) and predicted",
      headings: ["reference artery"] + names + ["not found"],
      rows: names.indices.map { i in
        [names[i]] + arteries.counts[i].map { "\($0)" } + ["\(arteries.missed[i])"]
      },
      notes: [LesionArteries.rule + " The artery of \(share) of the found lesions is right."],
      isCounts: true)
  }
}
