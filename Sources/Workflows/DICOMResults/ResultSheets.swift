// SPDX-License-Identifier: Apache-2.0
import Agatston
import Figures
import Report
import Scoring
import Text
import Workflow

/// What the sheets of a result show; no text on them tells who the patient is.
enum ResultSheets {
  /// The sheets of a scored scan.
  static func sheet(
    _ scan: ScoredScan, _ score: CalciumScore, _ origin: ResultOrigin, hasArteries: Bool
  ) -> ResultSheet {
    var sheet = ResultSheet()
    sheet.title = "Coronary artery calcium"
    let category = score.category
    sheet.headline = (
      readable(score.agatston),
      "Agatston score, \(category.standard.rawValue) by the customary classes, \(category.cacDRS)"
        + (scan.range.map {
          "; \(readable($0.lowerBound)) to \(readable($0.upperBound)) by the model's own doubts"
        } ?? "")
    )
    sheet.warnings = [origin.sentence] + scan.doubts.map { "To be doubted: \($0)" }
    let hasMass = score.mass != nil
    sheet.columns = ["", "Agatston", "volume mm³"] + (hasMass ? ["mass mg"] : []) + ["lesions"]
    func cells(
      _ name: String, _ agatston: Double, _ volume: Double, _ mass: Double?, _ lesions: Int
    ) -> [String] {
      [name, readable(agatston), readable(volume)]
        + (hasMass ? [readable(mass ?? 0)] : []) + [readable(lesions)]
    }
    if hasArteries {
      for artery in Artery.allCases {
        let part = score.arteries?[artery]
        sheet.rows.append(
          .init(
            mark: artery.rawValue,
            cells: cells(
              artery.abbreviation, part?.agatston ?? 0, part?.volume ?? 0, part?.mass,
              part?.lesions ?? 0)))
      }
    }
    sheet.rows.append(
      .init(
        mark: hasArteries ? nil : ScorePageContent.Mark.calcium.rawValue,
        cells: cells("Total", score.agatston, score.volume, score.mass, score.lesions.count),
        isTotal: true))
    sheet.facts =
      [
        "Calcium found by: \(scan.model ?? (origin == .reader ? "a reader" : "a given mask"))",
        "Rules: \(score.convention)", "Volume: counted by \(score.volumeMethod)",
      ] + (scan.massSource.map { ["Mass: \($0)"] } ?? [])
    sheet.footer = "CACScoring \(RunRecord.version)"
    guard let pictures = scan.pictures else { return sheet }
    add(pictures, to: &sheet, hasArteries: hasArteries)
    return sheet
  }

  private static func add(
    _ pictures: StudyPictures, to sheet: inout ResultSheet, hasArteries: Bool
  ) {
    func named(_ view: ScanView.Picture) -> ScanView.Picture {
      guard !hasArteries else { return view }
      var view = view
      for artery in Artery.allCases {
        let loops = view.outlines.removeValue(forKey: artery.rawValue) ?? []
        view.outlines[ScorePageContent.Mark.calcium.rawValue, default: []] += loops
      }
      return view
    }
    sheet.projections = zip(pictures.projections, ["From below", "From the front"]).map {
      .init(view: named($0), caption: "\($1): the mean, what reaches 130 HU over it")
    }
    sheet.slices = pictures.slices.map { slice in
      .init(
        view: named(slice.view),
        caption: "Slice \(slice.z + 1) of \(pictures.sliceCount), window -160 to 240 HU")
    }
    let shown = Set((sheet.projections + sheet.slices).flatMap { $0.view.outlines.keys })
    sheet.marks = ScorePageContent.Mark.allCases.filter { shown.contains($0.rawValue) }.map {
      ($0.rawValue, $0.name)
    }
    sheet.facts.append(
      pictures.calcifiedSlices == 0
        ? "Pictures: no slice has calcium that counts."
        : pictures.calcifiedSlices > pictures.slices.count
          ? "Pictures: the \(pictures.slices.count) slices with most calcium of "
            + "\(pictures.calcifiedSlices)." : "Pictures: every slice with calcium.")
  }

}
