// SPDX-License-Identifier: Apache-2.0

extension ReportContent {
  /// A table of texts with a heading of its own.
  public struct Table: Sendable {
    /// The heading of a column.
    public struct Heading: Sendable {
      /// What the column holds.
      public var text: String
      /// Whether its cells are numbers, which stand at the right.
      public var isNumber: Bool

      /// A heading.
      public init(_ text: String, isNumber: Bool = false) {
        self.text = text
        self.isNumber = isNumber
      }
    }

    /// The heading above.
    public var title: String
    /// What the numbers are.
    public var caption: String
    /// The columns.
    public var headings: [Heading]
    /// The cells; each row as many as there are columns, the first names the row.
    public var rows: [[String]]
    /// Sentences below.
    public var notes: [String]
    /// Whether it is a square of counts: narrow columns of one width.
    public var isCounts: Bool

    /// A table; without rows only its notes are shown.
    public init(
      title: String, caption: String, headings: [Heading], rows: [[String]], notes: [String] = [],
      isCounts: Bool = false
    ) {
      self.title = title
      self.caption = caption
      self.headings = headings
      self.rows = rows
      self.notes = notes
      self.isCounts = isCounts
    }
  }

  /// A section of the page: figures, then tables.
  public struct Part: Sendable {
    /// The heading.
    public var title: String
    /// A paragraph below it.
    public var introduction: String
    /// The figures.
    public var figures: [Figure]
    /// The tables.
    public var tables: [Table]

    /// A section; figures or tables may be missing.
    public init(
      title: String, introduction: String = "", figures: [Figure] = [], tables: [Table] = []
    ) {
      self.title = title
      self.introduction = introduction
      self.figures = figures
      self.tables = tables
    }
  }

  /// The held-out subjects as one model sees them.
  public struct Group: Sendable {
    /// The model; empty where there is one only.
    public var title: String
    /// The subjects.
    public var subjects: [Subject]

    /// A group of subjects.
    public init(title: String, subjects: [Subject]) {
      self.title = title
      self.subjects = subjects
    }
  }
}

extension Page {
  /// Writes figures side by side where there is room.
  mutating func figures(_ figures: [ReportContent.Figure]) {
    guard !figures.isEmpty else { return }
    element("div", [("class", "figures")]) { grid in
      for figure in figures {
        grid.element("figure") { page in
          page.text("h3", figure.title)
          page.image(figure.svg, summary: figure.summary)
          page.text("figcaption", figure.caption)
        }
      }
    }
  }

  /// Writes a value; an interval in brackets behind it may go to a line of its own, but not apart.
  private mutating func writeValue(_ text: String) {
    guard text.hasSuffix("]"), let start = text.firstRange(of: " [") else {
      self.text("span", [("class", "value")], text)
      return
    }
    element("span", [("class", "value")]) { $0.write(String(text[..<start.lowerBound])) }
    element("span", [("class", "range")]) {
      $0.write(String(text[start.lowerBound...].dropFirst()))
    }
  }

  /// Writes a table with its heading and notes.
  mutating func table(_ table: ReportContent.Table) {
    element("div", [("class", table.isCounts ? "table counts" : "table")]) { page in
      page.text("h3", table.title)
      if !table.rows.isEmpty {
        page.table(
          table.caption, headings: table.headings.map { ($0.text, $0.isNumber ? "number" : "") },
          rows: table.rows.count
        ) { cell, row, column in
          let cells = table.rows[row]
          let text = column < cells.count ? cells[column] : ""
          if table.headings[column].isNumber { cell.writeValue(text) } else { cell.write(text) }
        }
      }
      for note in table.notes { page.text("p", [("class", "hint")], note) }
    }
  }
}
