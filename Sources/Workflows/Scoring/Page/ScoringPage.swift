// SPDX-License-Identifier: Apache-2.0
import Agatston
import Figures
import Foundation
import Report
import Segmentation
import Studies
import Text
import Workflow

/// What a page shows of the studies of a run.
struct ScoringPage {
  private let outcome: ScoringOutcome
  /// Where the scans lie; its path is in no text of the page.
  private let input: URL

  /// The lesions that a page lists.
  private static let listedLesions = 30
  /// The bytes that the pictures of a page may take.
  static let pictureBudget = 60_000_000

  /// The page of an outcome.
  init(_ outcome: ScoringOutcome, input: URL) {
    self.outcome = outcome
    self.input = input
  }

  /// The page's content, scored studies first, then those that were refused.
  func content(date: String) -> ScorePageContent {
    var content = ScorePageContent()
    content.date = date
    content.studies = outcome.studies.map(study)
    content.studies += outcome.leftOut.map {
      .init(id: $0.subject, refusal: neutral($0.reason))
    }
    return content
  }

  /// A text without the path that the scans were named by, which may tell whose they are.
  private func neutral(_ text: String) -> String {
    [input.path, input.standardizedFileURL.path, input.resolvingSymlinksInPath().path]
      .reduce(text) { text, path in
        text.replacing(path + "/", with: "").replacing(path, with: "the input")
      }
  }

  private func study(_ study: ScoringOutcome.Study) -> ScorePageContent.Study {
    let scored = study.scores[0]
    let (score, automatic) = (scored.score, study.automatic)
    var page = ScorePageContent.Study(id: scored.study)
    page.score = readable(score.agatston)
    page.burden = score.category.standard.burden
    page.classes = StandardClass.allCases.map(\.title)
    page.classIndex = StandardClass.allCases.firstIndex(of: score.category.standard) ?? 0
    if let range = automatic?.range {
      page.range = "\(readable(range.low)) to \(readable(range.high))"
      page.classChances = automatic?.uncertainty?.classChances ?? []
      page.hangsOn = automatic?.uncertainty?.pageLesions ?? []
      page.possibleClasses = range.classes.compactMap(StandardClass.allCases.firstIndex)
    }
    page.doubts = automatic?.doubts.map { neutral($0.text) } ?? []
    if automatic?.goesByPlaceAlone == true {
      page.doubts.append(
        "the model has no classifier, so the place alone decides: calcified cartilage, the aortic root "
          + "or a moving heart may be counted")
    }
    let doubts = Set(page.doubts.map { "doubtful: \($0)" })
    page.notes = scored.quality.warnings.map { neutral($0.text) }.filter { !doubts.contains($0) }
    for artery in Artery.allCases {
      guard let part = score.arteries?[artery] else { continue }
      page.arteries.append(
        .init(
          mark: .init(rawValue: artery.rawValue), name: artery.abbreviation,
          values: Self.values(part.agatston, part.volume, part.lesions)))
    }
    page.total = .init(
      name: "Total", values: Self.values(score.agatston, score.volume, score.lesions.count))
    page.beside = NonCoronarySite.allCases.compactMap { site in
      automatic?.nonCoronary?[site].map {
        .init(
          mark: .beside, name: site == .aorta ? "Aorta" : "Valves",
          values: Self.values($0.agatston, $0.volume, $0.lesions))
      }
    }
    let sorted = score.lesions.sorted { $0.agatston > $1.agatston }
    page.lesions = sorted.prefix(Self.listedLesions).map(Self.lesion)
    page.unlistedLesions = sorted.count - page.lesions.count
    page.facts = facts(scored, automatic)
    add(study.pictures, to: &page, hasArteries: score.arteries != nil)
    return page
  }

  private static func values(_ agatston: Double, _ volume: Double, _ lesions: Int) -> [String] {
    [readable(agatston), readable(volume), readable(lesions)]
  }

  private static func lesion(_ lesion: Lesion) -> ScorePageContent.Part {
    let (first, last) = ((lesion.slices.first ?? 0) + 1, (lesion.slices.last ?? 0) + 1)
    return .init(
      mark: lesion.artery.map { .init(rawValue: $0.rawValue) } ?? .calcium,
      name: lesion.artery?.abbreviation ?? "calcium",
      values: [
        first == last ? "\(first)" : "\(first)–\(last)", readable(lesion.agatston),
        readable(lesion.volume), readable(lesion.peak),
      ])
  }

  private func facts(
    _ study: StudyScore, _ automatic: AutomaticScore?
  ) -> [ReportContent.Fact] {
    let category = study.score.category
    var facts: [ReportContent.Fact] = [
      .init("Scan", ScoringTable.facts(study.quality).joined(separator: ", ")),
      .init("Calcium found by", automatic.map { "\($0.model)" } ?? "a given mask"),
      .init(
        "Classes",
        "\(category.standard.title)\(category.isAbove1000 ? ", above 1000" : "") (standard), "
          + "\(category.cacDRS), \(category.fiveClass.rawValue) (Erasmus)"),
    ]
    if automatic?.range != nil {
      facts.append(
        .init(
          "90 % range",
          "by the classifier's own doubts about each candidate; it does not hold what was missed, "
            + "motion, noise, or that a second scan differs by 10 to 20 %"))
    }
    return facts + [
      .init("Rules", "\(study.score.convention)"),
      .init("Volume", "counted by \(study.score.volumeMethod)"),
    ]
  }

  /// Adds the pictures; without names of arteries all calcium has one mark.
  private func add(
    _ pictures: StudyPictures?, to page: inout ScorePageContent.Study, hasArteries: Bool
  ) {
    guard let pictures else {
      page.slicesNote =
        "Its pictures are left out to keep this page small; score it alone to see them."
      return
    }
    func named(_ view: ScanView.Picture) -> ScanView.Picture {
      guard !hasArteries else { return view }
      var view = view
      for artery in Artery.allCases {
        let loops = view.outlines.removeValue(forKey: artery.rawValue) ?? []
        view.outlines[ScorePageContent.Mark.calcium.rawValue, default: []] += loops
      }
      return view
    }
    func area(_ slice: StudyPictures.Slice) -> String {
      let names = slice.areas.map { mark, area in
        let isNamed = hasArteries || mark.rawValue > ScorePageContent.Mark.calcium.rawValue
        return (isNamed ? mark.name : ScorePageContent.Mark.calcium.name, area)
      }
      var sums: [(String, Double)] = []
      for (name, area) in names {
        if let last = sums.last, last.0 == name {
          sums[sums.count - 1].1 += area
        } else {
          sums.append((name, area))
        }
      }
      return sums.map { "\($0) \(readable($1)) mm²" }.joined(separator: ", ")
    }
    let heart = pictures.showsHeartAlone ? "the heart without the bones round it" : "the chest"
    page.projections = zip(
      pictures.projections, [("From below", "from below"), ("From the front", "from the front")]
    ).map { view, names in
      .init(
        view: named(view),
        caption: "\(names.0), \(heart): the mean, and what reaches 130 HU over it",
        summary: "Projection of \(heart), seen \(names.1), with "
          + (page.lesions.isEmpty ? "no calcium of coronary arteries." : "all calcium in colours."))
    }
    page.slices = pictures.slices.map { slice in
      let place = "Slice \(slice.z + 1) of \(pictures.sliceCount)"
      let areas = area(slice)
      return .init(
        view: named(slice.view), caption: areas.isEmpty ? place : "\(place): \(areas)",
        summary: "Axial CT, \(place.lowercased()), the heart. "
          + (areas.isEmpty ? "Nothing is outlined." : "Outlined: \(areas)."))
    }
    let count = pictures.slices.count
    page.slicesNote =
      (pictures.calcifiedSlices == 0
        ? "No slice has calcium that counts; \(count) through the heart are shown."
        : pictures.calcifiedSlices > count
          ? "The \(count) slices \(pictures.showsLesions ? "of the largest lesions" : "with most calcium") "
            + "of \(pictures.calcifiedSlices) are shown."
          : "Every slice with calcium is shown.")
      + " Window −160 to 240 HU. Slices count from 1 here, from 0 in tables and files; the patient's "
      + "right side is at the left."
  }
}

extension StandardClass {
  /// The class in words.
  var burden: String {
    switch self {
    case .zero: "no"
    case .minimal: "minimal"
    case .mild: "mild"
    case .moderate: "moderate"
    case .severe: "severe"
    }
  }

  /// The class as a range of scores, for a reader.
  var title: String {
    rawValue.replacing("-", with: "–").replacing(">", with: "> ")
  }
}
