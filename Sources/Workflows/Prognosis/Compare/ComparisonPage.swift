// SPDX-License-Identifier: Apache-2.0
import Agatston
import Images
import Foundation
package import Report
import Risk
import Text

/// A page about a patient's two scans, with the lesions side by side.
package enum ComparisonPage {
  /// The most lesions that are shown.
  private static let shown = 12

  /// The content of the page.
  package static func content(
    _ comparison: StudyComparison, date: String
  ) throws -> ReportContent {
    let total = comparison.total
    var content = ReportContent(
      title: "Coronary calcium, from scan to scan",
      introduction:
        "Both scans are scored by one convention. A second scan of the same patient on the same day "
        + "differs by 12 % of the Agatston score on average, by 61 % below 30 points and by 8 % above 400 "
        + "(CARE-2): a change counts where it is beyond that.",
      date: date)
    content.cards = [
      .init(
        label: "Prior", value: readable(total.baseline.agatston),
        detail: "Agatston, \(comparison.prior.score.category.cacDRS)"),
      .init(
        label: "Current", value: readable(total.followUp.agatston),
        detail: "Agatston, \(comparison.current.score.category.cacDRS)"),
      .init(
        label: "Change", value: ComparisonText.signed(total.absolute), detail: total.words),
      .init(
        label: "A year", value: total.annual.map { ComparisonText.signed($0) } ?? "–",
        detail: total.years.map { "points; \(readable($0, 2)) years between the scans" }
          ?? "the time between the scans is not known"),
    ]
    content.warnings = comparison.notes.map { $0.prefix(1).uppercased() + $0.dropFirst() + "." }
    content.parts = [arteries(comparison), limits(comparison)]
    if let lesions = comparison.lesions { content.parts.append(try part(lesions, comparison)) }
    content.methods = [
      .init("Convention", "\(comparison.current.score.convention)"),
      .init(
        "Limits",
        "Sevrukov 2005 (AJR, 2,217 pairs of scans), Chung 2008 (AJR, MESA), square roots as Hokanson 2004 "
          + "and KOICA use them."),
      .init(
        "Lesions",
        (comparison.shift == nil
          ? "The earlier heart is brought onto the later one by a rigid motion; "
          : "The earlier lesions are shifted onto the later ones; ")
          + "a lesion is followed to the nearest one of its artery within \(readable(LesionChanges.reach, 0)) mm, and has grown where its "
          + "volume rose by more than 3.445 √V₀."),
    ]
    if let motion = comparison.motion {
      content.methods.append(
        .init(
          "Registration",
          "correlation \(readable(motion.correlation, 2)), turned by \(readable(motion.angle))°"))
    }
    return content
  }

  private static func arteries(_ comparison: StudyComparison) -> ReportContent.Part {
    func row(_ name: String, _ change: Progression) -> [String] {
      [
        name, readable(change.baseline.agatston), readable(change.followUp.agatston),
        ComparisonText.signed(change.absolute),
        change.relative.map { "\(ComparisonText.signed($0, 0)) %" } ?? "–",
        change.baseline.volume.map { readable($0) } ?? "–",
        change.followUp.volume.map { readable($0) } ?? "–",
      ]
    }
    return ReportContent.Part(
      title: "By artery", introduction: "",
      tables: [
        .init(
          title: "", caption: "Agatston points and volume before and after",
          headings: [
            .init("Artery"), .init("Prior", isNumber: true), .init("Current", isNumber: true),
            .init("Change", isNumber: true), .init("Relative", isNumber: true),
            .init("mm³ prior", isNumber: true), .init("mm³ current", isNumber: true),
          ],
          rows: comparison.arteries.map { row($0.artery.abbreviation, $0.change) }
            + [row("Total", comparison.total)])
      ])
  }

  private static func limits(_ comparison: StudyComparison) -> ReportContent.Part {
    ReportContent.Part(
      title: "Against repeatability",
      introduction: "A rise beyond a limit is more than repeated scans differ by, by that method.",
      tables: [
        .init(
          title: "", caption: "Changes and their limits",
          headings: [
            .init("Method"), .init("Of"), .init("Change", isNumber: true),
            .init("Limit", isNumber: true), .init("Beyond"),
          ],
          rows: comparison.limits.map {
            [
              $0.method, $0.quantity, ComparisonText.signed($0.change), readable($0.limit),
              $0.isBeyond ? "yes" : "no",
            ]
          },
          notes: comparison.bodyMassIndex == nil
            ? ["MESA's limits need the body mass index."] : [])
      ])
  }

  private static func part(
    _ lesions: LesionChanges, _ comparison: StudyComparison
  ) throws -> ReportContent.Part {
    let counts = LesionChanges.State.allCases.compactMap { state in
      lesions.counts[state].map { "\($0) \(state.rawValue)" }
    }
    // What changed first, then by size.
    let order = lesions.all.sorted {
      ($0.state == .same ? 1 : 0, -max($0.volumes.before, $0.volumes.after))
        < ($1.state == .same ? 1 : 0, -max($1.volumes.before, $1.volumes.after))
    }
    var figures: [ReportContent.Figure] = []
    if let scans = comparison.scans, let motion = comparison.motion {
      let pair = LesionPair(prior: scans.prior, current: scans.current, motion: motion)
      figures = try order.prefix(shown).map { try pair.figure($0) }
    }
    return ReportContent.Part(
      title: "Lesions",
      introduction: counts.isEmpty
        ? "No lesion in either scan."
        : "\(counts.joined(separator: ", ")). "
          + (order.count > shown ? "The \(shown) that changed most are shown." : ""),
      figures: figures,
      tables: counts.isEmpty
        ? []
        : [
          .init(
            title: "", caption: "What became of each lesion",
            headings: [
              .init("Lesion"), .init("Artery"), .init("mm³ prior", isNumber: true),
              .init("mm³ current", isNumber: true), .init("Points prior", isNumber: true),
              .init("Points current", isNumber: true),
            ],
            rows: lesions.all.map { change in
              [
                change.state.rawValue, change.artery?.abbreviation ?? "–",
                change.prior.isEmpty ? "–" : readable(change.volumes.before),
                change.current.isEmpty ? "–" : readable(change.volumes.after),
                change.prior.isEmpty ? "–" : readable(change.points.before),
                change.current.isEmpty ? "–" : readable(change.points.after),
              ]
            })
        ])
  }
}
