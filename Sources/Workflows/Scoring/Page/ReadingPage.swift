// SPDX-License-Identifier: Apache-2.0
package import Agatston
import Foundation
import Report
import Text
package import Volume

/// The page about one reading: the scores, the signature, and pictures of the lesions.
package enum ReadingPage {
  /// The page as HTML that names no other file and prints on paper.
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
      limit: StudyPictures.sliceLimit(studies: 1))
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
      facts.map { ReportContent.Fact($0.name, $0.text) }
      + content.studies[0].facts.filter { $0.name != "Calcium found by" }
    content.studies[0].doubts = notes + content.studies[0].doubts
    return ScorePage(content).html
  }
}
