// SPDX-License-Identifier: Apache-2.0
import Figures
import Files
public import Foundation

/// One self-contained HTML page about an evaluation.
///
/// The page asks the network for nothing, runs no script and says so to the browser; pictures lie
/// inside it. It reads on a phone, on a desk and on paper.
public struct HTMLReport: Sendable {
  /// What it shows.
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
      page.element("head") { head in
        head.void("meta", [("charset", "utf-8")])
        head.void(
          "meta",
          [
            ("http-equiv", "Content-Security-Policy"),
            ("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'"),
          ])
        head.void(
          "meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")])
        head.element("title") { $0.write(content.title.isEmpty ? "Report" : content.title) }
        head.element("style") { $0.markup(Style.sheet) }
      }
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
    let parts: [(Bool, Section)] = [
      (!c.cards.isEmpty, Section(id: "summary", title: "Summary", body: cards)),
      (!c.figures.isEmpty, Section(id: "figures", title: "Figures", body: figures)),
      (!c.metrics.isEmpty, Section(id: "metrics", title: "Metrics", body: metrics)),
      (
        !c.subjects.isEmpty,
        Section(
          id: "subjects", title: "Held-out subjects",
          body: { SubjectPages(content: c, pictureBudget: pictureBudget).writeTable(&$0) })
      ),
      (
        c.subjects.contains { !$0.slices.isEmpty },
        Section(
          id: "slices", title: "Slices with calcium", isPage: true,
          body: { SubjectPages(content: c, pictureBudget: pictureBudget).writeSlices(&$0) })
      ),
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
    return parts.filter(\.0).map(\.1)
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
          $0.text("dd", [("class", "value")], card.value.isEmpty ? Numeral.missing : card.value)
          $0.text("dd", [("class", "detail")], card.detail)
        }
      }
    }
  }

  private func figures(_ page: inout Page) {
    page.element("div", [("class", "figures")]) { grid in
      for figure in content.figures {
        grid.element("figure") { page in
          page.text("h3", figure.title)
          page.image(Data(figure.svg.utf8), type: "image/svg+xml", summary: figure.summary)
          page.text("figcaption", figure.caption)
        }
      }
    }
  }

  private func metrics(_ page: inout Page) {
    page.table(
      "Agreement of computed with reference scores",
      headings: [("Metric", ""), ("Value", "number"), ("95 % interval", "number"), ("Note", "")],
      rows: content.metrics.count
    ) { cell, row, column in
      let m = content.metrics[row]
      let text = [m.name, m.value, m.interval, m.note][column]
      cell.write(text.isEmpty && column == 1 ? Numeral.missing : text)
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
