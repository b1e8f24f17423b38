// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Files

/// The long tables of a scoring; a missing value is an empty cell.
enum ScoringCSV {
  /// One row for each study, convention and artery, and one with the artery "total" for their sum.
  ///
  /// A mask without arteries has the total alone. Categories belong to totals.
  static func arteries(_ scores: [StudyScore]) -> CSVTable {
    let header = [
      "study", "convention", "artery", "agatston", "volume_mm3", "volume_method", "mass_mg",
      "area_mm2", "density", "lesions", "class_seed", "class_standard", "above_1000", "cac_drs",
    ]
    var rows: [[String]] = []
    for study in scores {
      let score = study.score
      let start = [study.study, score.convention.convention.name]
      for artery in Artery.allCases {
        guard let part = score.arteries?[artery] else { continue }
        rows.append(
          start + [
            artery.abbreviation, "\(part.agatston)", "\(part.volume)", score.volumeMethod,
            cell(part.mass), "\(part.area)", cell(part.density), "\(part.lesions)", "", "", "", "",
          ])
      }
      rows.append(
        start + [
          "total", "\(score.agatston)", "\(score.volume)", score.volumeMethod, cell(score.mass),
          "\(score.area)", cell(score.density), "\(score.lesions.count)",
          score.category.seed.rawValue, score.category.standard.rawValue,
          "\(score.category.isAbove1000)", score.category.cacDRS.code,
        ])
    }
    return CSVTable(header: header, rows: rows)
  }

  /// One row for each lesion, numbered from 1 within its study and convention.
  static func lesions(_ scores: [StudyScore]) -> CSVTable {
    let header = [
      "study", "convention", "lesion", "artery", "agatston", "volume_mm3", "mass_mg",
      "integrated_mass_mg", "integrated_volume_mm3", "area_mm2", "density", "peak_hu", "mean_hu",
      "background_hu", "diameter_mm", "first_slice", "last_slice", "x_mm", "y_mm", "z_mm",
    ]
    let rows = scores.flatMap { study in
      study.score.lesions.enumerated().map { index, lesion in
        [
          study.study, study.score.convention.convention.name, "\(index + 1)",
          lesion.artery?.abbreviation ?? "", "\(lesion.agatston)", "\(lesion.volume)",
          cell(lesion.mass), cell(lesion.integratedMass), cell(lesion.integratedVolume),
          "\(lesion.area)", cell(lesion.density), "\(lesion.peak)", "\(lesion.mean)",
          cell(lesion.background), "\(lesion.diameter)", "\(lesion.slices.first ?? 0)",
          "\(lesion.slices.last ?? 0)", "\(lesion.centroid.x)", "\(lesion.centroid.y)",
          "\(lesion.centroid.z)",
        ]
      }
    }
    return CSVTable(header: header, rows: rows)
  }

  private static func cell(_ value: Double?) -> String { value.map { "\($0)" } ?? "" }
}
