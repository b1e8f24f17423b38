// SPDX-License-Identifier: Apache-2.0
import Figures
import Files
import Foundation
import Report
import TestSupport
import Testing

@Suite struct `A report` {
  /// Set CAC_GALLERY to a folder to look at the page.
  @Test func `a study's page holds its numbers, figures and subjects`() throws {
    let temporary = try TemporaryFolder()
    let folder =
      ProcessInfo.processInfo.environment["CAC_GALLERY"].map { URL(fileURLWithPath: $0) }
      ?? temporary.url
    let content = try SampleReport.content(subjects: 24, withSlices: 16)
    let url = folder.appendingPathComponent("report.html")
    try HTMLReport(content).write(to: url)
    let size = try Data(contentsOf: url).count
    #expect(size < 10_000_000)
    let page = try Parsed(String(contentsOf: url, encoding: .utf8))
    #expect(page.texts(of: "h1") == [content.title])
    #expect(
      page.texts(of: "h2") == [
        "Summary", "Figures", "Metrics", "Held-out subjects", "Slices with calcium",
        "Cohort and exclusions", "Methods", "Provenance",
      ])
    #expect(page.elements("article").count == 16)
    #expect(page.elements("img").count == 4 + content.subjects.reduce(0) { $0 + $1.slices.count })
    #expect(page.text.contains("8 of 15 slices with calcium are shown."))
  }

  private let hostile = "<script>alert(1)</script>\"'&\u{0}\u{202E}http"

  /// Every text a caller can give, hostile.
  private var hostileContent: ReportContent {
    ReportContent(
      title: hostile, introduction: hostile, date: hostile,
      cards: [.init(label: hostile, value: hostile, detail: hostile)], warnings: [hostile],
      figures: [.init(title: hostile, caption: hostile, summary: hostile, svg: hostile)],
      metrics: [
        .init(
          name: hostile, value: hostile, interval: hostile, formula: hostile, pValue: hostile,
          note: hostile)
      ], intervalName: hostile,
      parts: [
        .init(
          title: hostile, introduction: hostile,
          figures: [.init(title: hostile, caption: hostile, summary: hostile, svg: hostile)],
          tables: [
            .init(
              title: hostile, caption: hostile,
              headings: [.init(hostile), .init(hostile, isNumber: true)],
              rows: [[hostile, hostile + " [1 to 2]"]], notes: [hostile])
          ])
      ],
      quantity: hostile,
      subjects: [
        .init(
          id: hostile, reference: 1, computed: .nan, referenceClass: hostile, computedClass: "low",
          flags: [hostile],
          slices: [.init(png: Data([0x3C, 0x22]), caption: hostile, summary: hostile)])
      ],
      cohort: [.init(hostile, hostile)], exclusions: [.init(subject: hostile, reason: hostile)],
      methods: [.init(hostile, hostile)], commands: [hostile],
      provenance: [.init(hostile, hostile)])
  }

  @Test func `a subject called script is harmless wherever it stands`() throws {
    let html = HTMLReport(hostileContent).html
    #expect(!html.contains("<script"))
    #expect(!html.contains("\u{0}"))
    let page = try Parsed(html)
    #expect(page.elements("script").isEmpty)
    let shown = "<script>alert(1)</script>\"'&\u{FFFD}\u{202E}http"
    #expect(page.texts(of: "h1") == [shown])
    #expect(page.texts(of: "bdi") == [shown, shown, shown])
    #expect(try nonEmpty(page.elements("img")).allSatisfy { $0.attributes["alt"] == shown })
    // No attribute that a browser would run.
    #expect(page.all.allSatisfy { $0.attributes.keys.allSatisfy { !$0.hasPrefix("on") } })
  }

  @Test func `the page asks the network for nothing`() throws {
    let html = HTMLReport(try SampleReport.content(subjects: 3, withSlices: 1)).html
    let page = try Parsed(html)
    #expect(html.firstMatch(of: /(?i)https?:|url\(|@import|@font-face/) == nil)
    let names = ["link", "script", "iframe", "object", "embed", "form", "base", "source"]
    #expect(page.all.allSatisfy { !names.contains($0.name) })
    for element in page.all {
      if let source = element.attributes["src"] { #expect(source.hasPrefix("data:image/")) }
      if let target = element.attributes["href"] { #expect(target.hasPrefix("#")) }
    }
    let policy = page.elements("meta").first { $0.attributes["http-equiv"] != nil }
    #expect(policy?.attributes["content"]?.hasPrefix("default-src 'none'") == true)
  }

  @Test func `every picture is described and every link leads somewhere`() throws {
    let page = try Parsed(
      HTMLReport(try SampleReport.content(subjects: 6, withSlices: 5)).html)
    let images = page.elements("img")
    #expect(images.count > 8)
    #expect(images.allSatisfy { ($0.attributes["alt"] ?? "").count > 20 })
    let ids = page.all.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count)
    for link in try nonEmpty(page.elements("a")) {
      #expect(ids.contains(String((link.attributes["href"] ?? "").dropFirst())))
    }
  }

  @Test func `headings descend one level at a time from a single first one`() throws {
    let page = try Parsed(
      HTMLReport(try SampleReport.content(subjects: 6, withSlices: 5)).html)
    let levels = page.all.compactMap { element in
      element.name.count == 2 && element.name.hasPrefix("h") && element.name != "hr"
        ? Int(element.name.dropFirst()) : nil
    }
    #expect(levels.first == 1 && levels.count { $0 == 1 } == 1)
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 })
  }

  @Test func `it says that it is no medical device, before anything else and at the end`() throws {
    let page = try Parsed(HTMLReport(ReportContent(title: "T")).html)
    let notice = "Research software, not a medical device."
    #expect(try nonEmpty(page.texts(of: "header")).allSatisfy { $0.contains(notice) })
    #expect(try nonEmpty(page.texts(of: "footer")).allSatisfy { $0.contains(notice) })
  }

  @Test func `text reads on its background`() throws {
    let html = HTMLReport(ReportContent(title: "T")).html
    var colors: [String: Color] = [:]
    for match in html.matches(of: /--([a-z]+): #([0-9a-f]{6})/) {
      colors[String(match.1)] = Color(try #require(UInt32(match.2, radix: 16)))
    }
    let tint = try #require(colors["tint"])
    for name in ["ink", "soft", "blue", "warm"] {
      let color = try #require(colors[name])
      #expect(color.contrast(with: .white) >= 4.5 && color.contrast(with: tint) >= 4.5, "\(name)")
    }
  }

  /// Every colour of text in the style sheet on every background of it, whichever rules meet.
  @Test func `any text of the sheet reads on any background of the sheet`() throws {
    let html = HTMLReport(ReportContent(title: "T")).html
    let sheet = try #require(html.firstMatch(of: /(?s)<style>(.*)<\/style>/)).1
    var named: [String: String] = [:]
    for match in sheet.matches(of: /--([a-z]+): #([0-9a-f]+)/) {
      named[String(match.1)] = String(match.2)
    }
    func color(_ value: Substring) throws -> Color? {
      var digits = String(value.dropFirst())
      if let name = value.firstMatch(of: /var\(--([a-z]+)\)/) {
        digits = try #require(named[String(name.1)])
      } else if !value.hasPrefix("#") {
        return nil
      }
      if digits.count == 3 { digits = digits.map { "\($0)\($0)" }.joined() }
      return Color(try #require(UInt32(digits, radix: 16)))
    }
    let texts = try sheet.matches(of: /[{;\s]color: ([^;}]+)/).compactMap { try color($0.1) }
    // Black lies behind pictures only.
    let grounds = try sheet.matches(of: /background: ([^;}]+)/).compactMap { try color($0.1) }
      .filter { $0 != Color(0) }
    #expect(texts.count >= 6 && grounds.count >= 4)
    for text in texts {
      for ground in grounds { #expect(text.contrast(with: ground) >= 4.5, "\(text) on \(ground)") }
    }
  }

  @Test func `a screen reader finds language, main part and the headings of every table`() throws {
    let page = try Parsed(
      HTMLReport(try SampleReport.content(subjects: 6, withSlices: 5)).html)
    #expect(page.elements("html").first?.attributes["lang"] == "en")
    #expect(page.elements("main").count == 1)
    #expect(page.elements("table").count == page.elements("caption").count)
    let heads = try nonEmpty(page.elements("th"))
    #expect(heads.allSatisfy { ["col", "row"].contains($0.attributes["scope"]) })
    #expect(heads.allSatisfy { !$0.text.isEmpty })
    let ids = Set(page.all.compactMap { $0.attributes["id"] })
    let labels = page.elements("section").map { $0.attributes["aria-labelledby"] ?? "" }
    #expect(!labels.isEmpty && labels.allSatisfy(ids.contains))
    // What scrolls is reached by the keyboard, and has a name.
    let scrolling = page.all.filter { $0.attributes["tabindex"] == "0" }
    #expect(scrolling.allSatisfy { !($0.attributes["aria-label"] ?? "").isEmpty })
  }

  @Test func `parts without content are left out`() throws {
    let page = try Parsed(HTMLReport(ReportContent(title: "")).html)
    #expect(page.texts(of: "h1") == ["Report"])
    #expect(page.elements("h2").isEmpty && page.elements("nav").isEmpty)
    #expect(page.elements("table").isEmpty && page.elements("img").isEmpty)
  }

  @Test func `missing scores are dashes and differences carry their sign`() throws {
    let page = try Parsed(
      HTMLReport(
        ReportContent(
          title: "T",
          subjects: [
            .init(id: "1", reference: nil, computed: 3),
            .init(id: "2", reference: 10, computed: 1_234.56),
            .init(id: "3", reference: 10, computed: 4.25),
            .init(id: "4", reference: .infinity, computed: .nan),
          ])
      ).html)
    let cells = page.elements("td").map(\.text)
    let rows = stride(from: 0, to: cells.count, by: 5).map { Array(cells[$0..<$0 + 3]) }
    #expect(
      rows == [
        ["–", "3.0", "–"], ["10.0", "1234.6", "+1224.6"], ["10.0", "4.3", "−5.8"],
        ["–", "–", "–"],
      ])
  }

  @Test func `the worst subjects come first`() {
    func subject(_ id: String, _ a: Double?, _ b: Double?, _ classes: (String, String))
      -> ReportContent.Subject
    {
      .init(
        id: id, reference: a, computed: b, referenceClass: classes.0, computedClass: classes.1)
    }
    let content = ReportContent(
      title: "T",
      subjects: [
        subject("exact", 50, 50, ("m", "m")), subject("far", 20, 90, ("m", "m")),
        subject("moved", 99, 101, ("m", "h")), subject("lost", 9, 0, ("l", "v")),
        subject("absent", 30, nil, ("m", "m")), subject("exact too", 0, 0, ("m", "m")),
      ])
    #expect(
      content.worstFirst.map(\.id) == ["lost", "moved", "absent", "far", "exact", "exact too"])
  }

  @Test func `pictures beyond the budget are left out from the best subjects, and it says so`()
    throws
  {
    let subjects = (0..<5).map { i in
      ReportContent.Subject(
        id: "s\(i)", reference: 100, computed: 100 + Double(i),
        slices: [
          .init(png: Data(repeating: 1, count: 30_000), caption: "c", summary: "a slice of it")
        ])
    }
    let report = HTMLReport(ReportContent(title: "T", subjects: subjects), pictureBudget: 100_000)
    let html = report.html
    #expect(html.utf8.count < 120_000)
    let page = try Parsed(html)
    #expect(page.elements("img").count == 2)
    #expect(page.texts(of: "h3") == (0..<5).reversed().map { "Subject s\($0)\n" })
    #expect(
      page.text.contains(
        "The pictures of 3 subjects that agree best are left out to keep this page small."))
  }

  @Test func `twenty subjects of eight real pictures stay below ten megabytes`() throws {
    let slices = try SampleReport.slices(8, seed: 1)
    let content = ReportContent(
      title: "T",
      subjects: (0..<20).map {
        .init(id: "\($0)", reference: 1, computed: 2, slices: slices)
      })
    let html = HTMLReport(content).html
    #expect(html.utf8.count < 10_000_000)
    #expect(try Parsed(html).elements("img").count == 160)
  }

  @Test func `the same content gives the same page`() throws {
    let content = try SampleReport.content(subjects: 4, withSlices: 2)
    #expect(HTMLReport(content).html == HTMLReport(content).html)
  }

  @Test func `a page that cannot be written leaves nothing behind`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("x", to: folder.file("taken"))
    #expect(throws: FileError.self) {
      try HTMLReport(ReportContent(title: "T")).write(to: folder.file("taken/report.html"))
    }
    #expect(folder.allNames == ["taken"])
  }
}
