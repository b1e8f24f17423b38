// SPDX-License-Identifier: Apache-2.0
package import Agatston
import Foundation
import Report
import Text
package import Volume

/// The page about one reading: the scores, the signature, and pictures of the lesions.
package enum ReadingPage {
  /// What fits on one sheet of A4 beside the score: slices, lesions, and the letters of a fact.
  private static let fitting = (slices: 4, lesions: 8, letters: 140, notes: 3)

  /// The page as HTML that names no other file and prints on one sheet of paper, whatever was read: it
  /// shows the largest lesions and says how many more the table of lesions has.
  ///
  /// - Parameters:
  ///   - score: The score of the reading.
  ///   - mask: What was scored.
  ///   - beside: Calcium in no total: its place, points, volume in mm³ and lesions.
  ///   - facts: What stands beside the scan's own facts, such as the signature, by name.
  ///   - notes: What is to be known, a sentence each.
  package static func html(
    _ score: StudyScore, ct: Volume<Int16>, mask: Volume<UInt8>,
    beside: [(name: String, score: CalciumScore)], facts: [(name: String, text: String)],
    notes: [String]
  ) throws -> String {
    var outcome = ScoringOutcome(showsCandidates: false)
    var study = ScoringOutcome.Study(
      scores: [score], hasArteryLabels: score.score.arteries != nil)
    study.pictures = try StudyPictures(
      of: ct, mask: mask, convention: score.score.convention, findings: nil,
      limit: fitting.slices, first: slices(of: score.score.lesions))
    outcome.add(study)
    var content = ScoringPage(outcome, input: URL(filePath: "/")).content(
      date: String(Date.now.formatted(.iso8601).prefix(10)))
    content.title = "Coronary calcium, read by a person"
    content.studies[0].beside = beside.map {
      .init(
        mark: .beside, name: $0.name,
        values: [
          readable($0.score.agatston), readable($0.score.volume), readable($0.score.lesions.count),
        ])
    }
    content.studies[0].facts =
      facts.map { ReportContent.Fact($0.name, shortened($0.text)) }
      + content.studies[0].facts.filter { $0.name != "Calcium found by" }
    content.isOneSheet = true
    fit(&content.studies[0], notes: notes)
    return ScorePage(content).html
  }

  /// For each of the largest lesions the slice that shows most of it, each slice once.
  private static func slices(of lesions: [Lesion]) -> [Int] {
    var slices: [Int] = []
    for lesion in lesions.sorted(by: { $0.agatston > $1.agatston }) {
      guard lesion.slices.allSatisfy({ !slices.contains($0) }),
        let best = zip(lesion.slices, lesion.sliceAreas).max(by: { $0.1 < $1.1 })
      else { continue }
      slices.append(best.0)
    }
    return Array(slices.prefix(fitting.slices))
  }

  /// Leaves out what would need a second sheet, and says where it is.
  private static func fit(_ study: inout ScorePageContent.Study, notes: [String]) {
    study.unlistedLesions += max(0, study.lesions.count - fitting.lesions)
    study.lesions = Array(study.lesions.prefix(fitting.lesions))
    study.unlistedPlace = "lesions.csv"
    let doubts = (notes + study.doubts).map(shortened)
    study.doubts = Array(doubts.prefix(fitting.notes))
    if doubts.count > fitting.notes {
      study.doubts.append("\(doubts.count - fitting.notes) more on the page of the reading")
    }
    study.notes = study.notes.prefix(fitting.notes).map(shortened)
  }

  /// A text of a few lines; the trail has all of it.
  private static func shortened(_ text: String) -> String {
    guard text.count > fitting.letters else { return text }
    return text.prefix(fitting.letters) + "… (the rest is in the trail)"
  }
}
