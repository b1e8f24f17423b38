// SPDX-License-Identifier: Apache-2.0
import Figures

/// Writes HTML; all text is escaped.
///
/// Elements are closed as in XML, so that the page can be checked by an XML parser.
struct Page {
  private(set) var html = ""

  /// Writes an element and what `body` writes inside it.
  mutating func element(
    _ name: String, _ attributes: [(String, String)] = [], _ body: (inout Page) -> Void
  ) {
    open(name, attributes)
    html += ">"
    body(&self)
    html += "</\(name)>\n"
  }

  /// Writes an element that holds text only; nothing if the text is empty.
  mutating func text(_ name: String, _ text: String) { self.text(name, [], text) }

  /// Writes an element with attributes that holds text only; nothing if the text is empty.
  mutating func text(_ name: String, _ attributes: [(String, String)], _ text: String) {
    guard !text.isEmpty else { return }
    element(name, attributes) { $0.write(text) }
  }

  /// Writes an element without content, such as an image.
  mutating func void(_ name: String, _ attributes: [(String, String)]) {
    open(name, attributes)
    html += "/>\n"
  }

  /// Writes text.
  mutating func write(_ text: String) { html += Markup.escaped(text) }

  /// Writes what is markup already: only constants of this module.
  mutating func markup(_ constant: StaticString) {
    html += constant.withUTF8Buffer { String(decoding: $0, as: UTF8.self) }
  }

  /// Writes a table: a caption, a row of headings, rows whose first cell is their heading.
  mutating func table(
    _ caption: String, headings: [(text: String, kind: String)],
    rows: Int, cell: (inout Page, _ row: Int, _ column: Int) -> Void
  ) {
    element(
      "div", [("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)]
    ) {
      $0.element("table") { table in
        table.text("caption", caption)
        table.element("thead") {
          $0.element("tr") { line in
            for (text, kind) in headings {
              line.element("th", [("scope", "col"), ("class", kind)]) { $0.write(text) }
            }
          }
        }
        table.element("tbody") { body in
          for row in 0..<rows {
            body.element("tr") { line in
              for (column, heading) in headings.enumerated() {
                let attributes = (column == 0 ? [("scope", "row")] : []) + [("class", heading.kind)]
                line.element(column == 0 ? "th" : "td", attributes) { cell(&$0, row, column) }
              }
            }
          }
        }
      }
    }
  }

  /// Writes names and values as a list of definitions.
  mutating func facts(_ facts: [ReportContent.Fact]) {
    guard !facts.isEmpty else { return }
    element("dl") { list in
      for fact in facts {
        list.element("div") {
          $0.text("dt", fact.name)
          $0.element("dd") { $0.write(fact.value.isEmpty ? NumberFormat.missing : fact.value) }
        }
      }
    }
  }

  private mutating func open(_ name: String, _ attributes: [(String, String)]) {
    html += "<\(name)"
    for (key, value) in attributes where !(key == "class" && value.isEmpty) {
      html += " \(key)=\"\(Markup.escaped(value))\""
    }
  }
}

extension Page {
  /// Writes the head of a page that loads nothing from anywhere.
  ///
  /// - Parameters:
  ///   - title: the title in the browser's tab.
  ///   - style: the style sheet.
  ///   - colorScheme: the schemes that the style sheet has colours for, where it has more than one.
  mutating func head(title: String, style: StaticString, colorScheme: String? = nil) {
    element("head") { head in
      head.void("meta", [("charset", "utf-8")])
      head.void(
        "meta",
        [
          ("http-equiv", "Content-Security-Policy"),
          ("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'"),
        ])
      head.void(
        "meta", [("name", "viewport"), ("content", "width=device-width, initial-scale=1")])
      if let colorScheme {
        head.void("meta", [("name", "color-scheme"), ("content", colorScheme)])
      }
      head.element("title") { $0.write(title) }
      head.element("style") { $0.markup(style) }
    }
  }
}
