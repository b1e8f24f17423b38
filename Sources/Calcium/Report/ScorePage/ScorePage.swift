// SPDX-License-Identifier: Apache-2.0
import Figures
import Files
public import Foundation
import Text

/// One self-contained HTML page about scored scans, with their pictures.
///
/// The page loads nothing from the network and runs no script; its pictures are embedded. It follows
/// the reader's choice of light or dark, and prints on white.
///
/// ```swift
/// var content = ScorePageContent()
/// content.studies = [.init(id: "12", refusal: "no heart was found")]
/// try ScorePage(content).write(to: URL(filePath: "scores.html"))
/// ```
public struct ScorePage: Sendable {
  /// What the page shows.
  public var content: ScorePageContent

  /// A page.
  public init(_ content: ScorePageContent) { self.content = content }

  /// Writes the page, complete or not at all.
  public func write(to url: URL) throws { try StagedFile.write(html, to: url) }

  /// The page.
  public var html: String {
    var page = Page()
    page.element("html", [("lang", "en")]) { page in
      page.head(title: content.title, style: ScorePageStyle.sheet, colorScheme: "light dark")
      page.element("body", content.isOneSheet ? [("class", "one-sheet")] : []) { body in
        header(&body)
        body.element("main") { main in
          if content.studies.count > 1 { overview(&main) }
          for (index, study) in content.studies.enumerated() {
            StudySection(study, anchor: Self.anchor(index)).write(to: &main)
          }
        }
        body.element("footer") { footer in
          footer.text("p", HTMLReport.notice + " Do not use it to diagnose or to treat.")
        }
      }
    }
    return "<!DOCTYPE html>\n" + page.html
  }

  private static func anchor(_ index: Int) -> String { "study-\(index + 1)" }

  private func header(_ body: inout Page) {
    let refused = content.studies.count { $0.refusal != nil }
    let scored = content.studies.count - refused
    body.element("header") { header in
      header.text("h1", content.title)
      header.element("p", [("class", "about")]) { line in
        line.text("span", counted(scored, "study", "studies") + " scored")
        if refused > 0 { line.text("span", "\(refused) refused") }
        line.text("span", content.date)
        line.text("strong", HTMLReport.notice)
      }
    }
  }

  /// A line for each study, to find one among many.
  private func overview(_ main: inout Page) {
    let studies = content.studies
    let hasRange = studies.contains { !$0.range.isEmpty }
    let arteries = studies.first { !$0.arteries.isEmpty }?.arteries.map(\.name) ?? []
    let headings: [(String, String)] =
      [("Study", ""), ("Agatston", "number")] + (hasRange ? [("90 % range", "number")] : [])
      + [("Class", "nowrap")] + arteries.map { ($0, "number") } + [("To know", "nowrap")]
    main.element("section", [("class", "overview"), ("aria-labelledby", "studies")]) { section in
      section.text("h2", [("id", "studies")], "Studies")
      section.table(
        "Every study; each has its pictures below", headings: headings, rows: studies.count
      ) { cell, row, column in
        let study = studies[row]
        switch headings[column].0 {
        case "Study":
          cell.element("a", [("href", "#\(Self.anchor(row))")]) { $0.subject(study.id) }
        case "Agatston": cell.write(study.refusal == nil ? study.score : NumberFormat.missing)
        case "90 % range": cell.write(study.range.isEmpty ? NumberFormat.missing : study.range)
        case "Class": cell.write(study.refusal == nil ? study.classInWords : "refused")
        case "To know":
          let doubts = study.doubts.count
          cell.write(
            study.refusal != nil ? "why: see below" : doubts == 0 ? "" : counted(doubts, "doubt"))
        case let name:
          cell.write(
            study.arteries.first { $0.name == name }?.values.first ?? NumberFormat.missing)
        }
      }
    }
  }
}
