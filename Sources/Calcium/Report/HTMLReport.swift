// SPDX-License-Identifier: Apache-2.0
import Figures
import Files
public import Foundation

/// One self-contained HTML page about an evaluation.
///
/// The page loads nothing from the network, runs no script and says so to the browser; its pictures
/// are embedded. It can be read on a phone, on a desktop and on paper.
///
/// ```swift
/// var content = ReportContent(title: "Computed against reference")
/// content.cards = [.init(label: "Subjects", value: "50", detail: "held out")]
/// try HTMLReport(content).write(to: URL(filePath: "report.html"))
/// ```
public struct HTMLReport: Sendable {
  /// The content of the page.
  public var content: ReportContent
  /// How many bytes of the page the pictures of slices may take.
  ///
  /// Subjects are shown from the worst to the best, so those that agree best lose their pictures
  /// first; the page says so.
  public var pictureBudget: Int

  /// A report whose pictures leave room for the rest of a page of 10 MB.
  public init(_ content: ReportContent, pictureBudget: Int = 8_000_000) {
    self.content = content
    self.pictureBudget = pictureBudget
  }

  /// What the page says about its purpose.
  public static let notice = "Research software, not a medical device."

  /// Writes the page, complete or not at all.
  public func write(to url: URL) throws {
    try StagedFile.write(html, to: url)
  }

  /// The page.
  public var html: String {
    var page = Page()
    page.element("html", [("lang", "en")]) { page in
      page.head(title: content.title.isEmpty ? "Report" : content.title, style: Style.sheet)
      page.element("body") { body in
        header(&body)
        body.element("main") { main in
          for section in sections { write(section, &main) }
        }
        body.element("footer") { footer in
          footer.text("p", HTMLReport.notice + " Do not use it to diagnose or to treat.")
        }
      }
    }
    return "<!DOCTYPE html>\n" + page.html
  }

  /// A part of the page with its heading; `isPage` begins a new page on paper.
  private struct Section {
    var id: String
    var title: String
    var isPage = false
    var body: (inout Page) -> Void
  }

  private var sections: [Section] {
    let c = content
    let first: [(Bool, Section)] = [
      (!c.cards.isEmpty, Section(id: "summary", title: "Summary", body: cards)),
      (!c.figures.isEmpty, Section(id: "figures", title: "Figures", body: figures)),
      (!c.metrics.isEmpty, Section(id: "metrics", title: "Metrics", body: metrics)),
    ]
    return
      (first + c.parts.enumerated().map { (true, section($1, at: $0)) }
      + c.groups.indices.flatMap(subjects) + last).filter(\.0).map(\.1)
  }

  private var last: [(Bool, Section)] {
    let c = content
    return [
      (
        !c.cohort.isEmpty || !c.exclusions.isEmpty,
        Section(id: "cohort", title: "Cohort and exclusions", isPage: true, body: cohort)
      ),
      (
        !c.methods.isEmpty,
        Section(id: "methods", title: "Methods", body: { $0.facts(c.methods) })
      ),
      (
        !c.commands.isEmpty || !c.provenance.isEmpty,
        Section(id: "provenance", title: "Provenance", body: provenance)
      ),
    ]
  }

  private func section(_ part: ReportContent.Part, at index: Int) -> Section {
    Section(id: "part-\(index + 1)", title: part.title, isPage: index > 0) { page in
      page.text("p", part.introduction)
      page.figures(part.figures)
      for table in part.tables { page.table(table) }
    }
  }

  /// Table and slices of one group of subjects.
  private func subjects(_ index: Int) -> [(Bool, Section)] {
    let group = content.groups[index]
    let pages = SubjectPages(
      group, at: index, quantity: content.quantity,
      pictureBudget: pictureBudget / max(content.groups.count, 1))
    let (suffix, number) = (
      group.title.isEmpty ? "" : ", \(group.title)", index == 0 ? "" : "-\(index + 1)"
    )
    return [
      (
        !group.subjects.isEmpty,
        Section(
          id: "subjects\(number)", title: "Held-out subjects\(suffix)",
          body: { pages.writeTable(&$0) })
      ),
      (
        group.subjects.contains { !$0.slices.isEmpty },
        Section(
          id: "slices\(number)", title: "Slices with calcium\(suffix)", isPage: true,
          body: { pages.writeSlices(&$0) })
      ),
    ]
  }

  private func write(_ section: Section, _ page: inout Page) {
    page.element(
      "section",
      [
        ("id", section.id), ("aria-labelledby", "\(section.id)-title"),
        ("class", section.isPage ? "page" : ""),
      ]
    ) {
      $0.text("h2", [("id", "\(section.id)-title")], section.title)
      section.body(&$0)
    }
  }

  private func header(_ body: inout Page) {
    body.element("header") { header in
      header.text("h1", content.title.isEmpty ? "Report" : content.title)
      header.text("p", [("class", "date")], content.date)
      header.text("p", content.introduction)
      header.text("p", [("class", "notice")], HTMLReport.notice)
      if !content.warnings.isEmpty {
        header.element("ul", [("class", "warnings")]) { list in
          for warning in content.warnings { list.text("li", warning) }
        }
      }
    }
    let links = sections
    guard links.count > 1 else { return }
    body.element("nav", [("aria-label", "Sections")]) {
      $0.element("ul") { list in
        for section in links {
          list.element("li") { $0.text("a", [("href", "#\(section.id)")], section.title) }
        }
      }
    }
  }

  private func cards(_ page: inout Page) {
    page.element("dl", [("class", "cards")]) { list in
      for card in content.cards {
        list.element("div") {
          $0.text("dt", card.label)
          $0.text(
            "dd", [("class", "value")], card.value.isEmpty ? NumberFormat.missing : card.value)
          $0.text("dd", [("class", "detail")], card.detail)
        }
      }
    }
  }

  private func figures(_ page: inout Page) { page.figures(content.figures) }

  private func metrics(_ page: inout Page) {
    // Columns without any value are left out.
    let columns: [(heading: String, kind: String, cell: (ReportContent.Metric) -> String)] = [
      ("Metric", "", { $0.name }),
      ("Value", "number", { $0.value.isEmpty ? NumberFormat.missing : $0.value }),
      ("p", "number", { $0.pValue }), ("95 % interval by formula", "number", { $0.formula }),
      (content.intervalName, "number", { $0.interval }), ("Note", "", { $0.note }),
    ].filter { column in
      content.metrics.contains { !column.cell($0).isEmpty }
    }
    page.table(
      "Agreement of computed with reference scores",
      headings: columns.map { ($0.heading, $0.kind) }, rows: content.metrics.count
    ) { cell, row, column in
      cell.write(columns[column].cell(content.metrics[row]))
    }
  }

  private func cohort(_ page: inout Page) {
    page.facts(content.cohort)
    guard !content.exclusions.isEmpty else { return }
    page.text("h3", "Subjects left out: \(content.exclusions.count)")
    page.table(
      "Every subject that was left out, and why",
      headings: [("Subject", ""), ("Reason", "")], rows: content.exclusions.count
    ) { cell, row, column in
      let exclusion = content.exclusions[row]
      if column == 0 { cell.subject(exclusion.subject) } else { cell.write(exclusion.reason) }
    }
  }

  private func provenance(_ page: inout Page) {
    if !content.commands.isEmpty {
      page.element("pre", [("tabindex", "0"), ("aria-label", "Command lines")]) {
        $0.write(content.commands.joined(separator: "\n"))
      }
    }
    page.facts(content.provenance)
  }
}

extension Page {
  /// Writes a drawing that lies inside the page.
  mutating func image(_ svg: String, summary: String) {
    image(Data(svg.utf8), type: "image/svg+xml", summary: summary)
  }

  /// Writes a picture that lies inside the page.
  mutating func image(_ data: Data, type: String, summary: String) {
    void(
      "img",
      [
        ("src", "data:\(type);base64,\(data.base64EncodedString())"),
        ("alt", summary.isEmpty ? "Picture without a description" : summary),
      ])
  }

  /// Writes a subject's id so that its writing direction cannot turn the text round it.
  mutating func subject(_ id: String) {
    element("bdi") { $0.write(id) }
  }
}
