// SPDX-License-Identifier: Apache-2.0
import Figures
import Foundation
import TestSupport
import Testing
import Volume

@testable import Report

@Suite struct `A page of scores` {
  private typealias Content = ScorePageContent

  private func picture(_ value: UInt8) throws -> ScanView.Picture {
    let geometry = Geometry(
      extent: Extent(slices: 2, rows: 100, columns: 100), spacing: [1, 1, 3])
    var marks = Volume<UInt8>(geometry: geometry, repeating: 0)
    if value > 0 { marks[1, 50, 50] = value }
    let ct = Volume<Int16>(geometry: geometry, repeating: 40)
    let view = ScanView(ct: ct, marks: marks, box: SliceBox(wholeOf: ct.extent), slices: 0..<2)
    return try view.slice(1)
  }

  /// A study whose every text is one text.
  private func study(_ text: String, marks: [UInt8] = [2, 6, 7]) throws -> Content.Study {
    var study = Content.Study(id: text)
    (study.score, study.burden, study.range) = (text, text, text)
    study.classes = ["0", "1–10", text]
    (study.classIndex, study.possibleClasses) = (1, [1, 2])
    (study.doubts, study.notes) = ([text], [text])
    study.arteries = [
      .init(mark: .leftAnteriorDescending, name: "LAD", values: [text, text, text])
    ]
    study.total = .init(name: "Total", values: [text, text, text])
    study.beside = [.init(mark: .beside, name: text, values: [text, text, text])]
    study.lesions = [
      .init(mark: .leftAnteriorDescending, name: text, values: [text, text, text, text])
    ]
    study.facts = [.init(text, text)]
    study.projections = [.init(view: try picture(2), caption: text, summary: text)]
    study.slices = try marks.map { .init(view: try picture($0), caption: text, summary: text) }
    study.slicesNote = text
    return study
  }

  private func page(_ studies: [Content.Study]) -> String {
    var content = Content()
    content.date = "2026-12-01"
    content.studies = studies
    return ScorePage(content).html
  }

  private func titles(_ page: Parsed) -> [String] {
    page.texts(of: "h2").map { $0.replacing("\n", with: "") }
  }

  @Test func `shows scores, classes, doubts, tables and pictures`() throws {
    let html = page([try study("some text"), try study("more text", marks: [])])
    let page = try Parsed(html)
    #expect(page.texts(of: "h1") == ["Coronary calcium"])
    #expect(titles(page) == ["Studies", "Study some text", "Study more text"])
    #expect(page.elements("article").count == 2 && page.elements("img").count == 5)
    #expect(page.text.contains("To be doubted") && page.text.contains("Some text."))
    let current = page.elements("li").filter { $0.attributes["aria-current"] == "true" }
    #expect(current.map(\.text).allSatisfy { $0.contains("1–10") && $0.contains("this score") })
    // The legend names what the pictures show, and nothing else.
    for name in [
      "LAD left anterior descending", "aorta, valve in no total", "undecided not counted",
    ] { #expect(page.texts(of: "li").contains { $0.replacing("\n", with: "") == name }, "\(name)") }
    #expect(!page.texts(of: "b").contains("RCA"))
    #expect(page.texts(of: "footer").allSatisfy { $0.contains("not a medical device") })
  }

  @Test func `says why a study was refused`() throws {
    let page = try Parsed(page([.init(id: "7", refusal: "no heart was found (3 mL)")]))
    #expect(titles(page) == ["Study 7"] && page.texts(of: "h3") == ["Not scored"])
    #expect(page.text.contains("No heart was found (3 mL)."))
    #expect(page.text.contains("0 studies scored") && page.text.contains("1 refused"))
    #expect(page.elements("img").isEmpty)
  }

  @Test func `takes no text for markup`() throws {
    let hostile = "<script>alert(1)</script>\"'&\u{0}\u{202E}http"
    let html = page([try study(hostile), .init(id: hostile, refusal: hostile)])
    #expect(!html.contains("<script") && !html.contains("\u{0}"))
    let page = try Parsed(html)
    #expect(page.elements("script").isEmpty)
    let shown = "<script>alert(1)</script>\"'&\u{FFFD}\u{202E}http"
    #expect(page.texts(of: "bdi") == [shown, shown, shown, shown])
    #expect(try nonEmpty(page.elements("img")).allSatisfy { $0.attributes["alt"] == shown })
    #expect(page.all.allSatisfy { $0.attributes.keys.allSatisfy { !$0.hasPrefix("on") } })
  }

  @Test func `asks the network for nothing and runs nothing`() throws {
    let html = page([try study("text")])
    let page = try Parsed(html)
    #expect(html.firstMatch(of: /(?i)https?:|url\(|@import|@font-face/) == nil)
    let names = ["link", "script", "iframe", "object", "embed", "form", "base", "source"]
    #expect(page.all.allSatisfy { !names.contains($0.name) })
    for element in page.all {
      if let source = element.attributes["src"] { #expect(source.hasPrefix("data:image/png")) }
      if let target = element.attributes["href"] { #expect(target.hasPrefix("#")) }
    }
    let policy = page.elements("meta").first { $0.attributes["http-equiv"] != nil }
    #expect(policy?.attributes["content"]?.hasPrefix("default-src 'none'") == true)
  }

  @Test func `can be read by ear`() throws {
    let page = try Parsed(page([try study("some text"), try study("more text")]))
    let headers = page.elements("th")
    #expect(headers.count > 10)
    #expect(headers.allSatisfy { ["row", "col"].contains($0.attributes["scope"]) })
    #expect(page.elements("table").count == page.elements("caption").count)
    #expect(page.elements("svg").allSatisfy { $0.attributes["aria-hidden"] == "true" })
    #expect(page.elements("html").first?.attributes["lang"] == "en")
    let ids = page.all.compactMap { $0.attributes["id"] }
    #expect(Set(ids).count == ids.count)
    for link in try nonEmpty(page.elements("a")) {
      #expect(ids.contains(String((link.attributes["href"] ?? "").dropFirst())))
    }
    let levels = page.all.compactMap { element in
      element.name.count == 2 && element.name.hasPrefix("h") ? Int(element.name.dropFirst()) : nil
    }
    #expect(levels.first == 1 && levels.count { $0 == 1 } == 1)
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 })
  }

  /// Every block of the style sheet that sets the colours: light, dark, and paper.
  @Test func `has a contrast of 4.5 in the light, in the dark and on paper`() throws {
    let sheet = ScorePageStyle.sheet.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    let blocks = sheet.matches(of: /:root \{([^}]*)\}/).map { String($0.1) }
    #expect(blocks.count == 3)
    for block in blocks {
      var colors: [String: Color] = [:]
      for match in block.matches(of: /--([a-z-]+): #([0-9a-f]{3,6})/) {
        let digits = match.2.count == 3 ? match.2.map { "\($0)\($0)" }.joined() : String(match.2)
        colors[String(match.1)] = Color(try #require(UInt32(digits, radix: 16)))
      }
      for (ink, grounds) in [
        ("ink", ["ground", "tint", "warm-tint"]), ("soft", ["ground", "tint"]),
        ("link", ["ground"]), ("warm", ["warm-tint"]), ("on-fill", ["fill"]),
      ] {
        for ground in grounds {
          let (a, b) = (try #require(colors[ink]), try #require(colors[ground]))
          #expect(a.contrast(with: b) >= 4.5, "\(ink) on \(ground)")
        }
      }
    }
  }

  /// Outlines lie on pictures from black to the grey of blood.
  @Test func `outlines stand out from the pictures, and from each other`() throws {
    let sheet = ScorePageStyle.sheet.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
    let colors = try sheet.matches(of: /--mark: #([0-9a-f]{6})/).map {
      Color(try #require(UInt32($0.1, radix: 16)))
    }
    #expect(colors.count >= 6)
    for color in colors { #expect(color.contrast(with: Color(grey: 0x40)) >= 4.5) }
  }
}
