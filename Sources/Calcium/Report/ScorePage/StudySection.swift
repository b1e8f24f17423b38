// SPDX-License-Identifier: Apache-2.0
import Figures
import Text

/// One study on a page of scores.
struct StudySection {
  private typealias Content = ScorePageContent

  private let study: ScorePageContent.Study
  private let anchor: String

  init(_ study: ScorePageContent.Study, anchor: String) {
    self.study = study
    self.anchor = anchor
  }

  func write(to page: inout Page) {
    page.element(
      "article", [("class", "study"), ("id", anchor), ("aria-labelledby", "\(anchor)-title")]
    ) { page in
      page.element("h2", [("id", "\(anchor)-title")]) {
        $0.write("Study ")
        $0.subject(study.id)
      }
      if let refusal = study.refusal {
        page.element("div", [("class", "alert")]) {
          $0.text("h3", "Not scored")
          $0.text("p", Self.sentence(refusal))
        }
        return
      }
      page.element("div", [("class", "summary")]) { page in
        page.element("div", [("class", "result")], result)
        page.element("div", [("class", "parts")], parts)
      }
      pictures(&page)
      page.element("div", [("class", "details")]) { page in
        if !study.lesions.isEmpty { page.element("section") { lesions(&$0) } }
        page.element("section") { about(&$0) }
      }
    }
  }

  // MARK: the score

  private func result(_ page: inout Page) {
    page.element("p", [("class", "score")]) {
      $0.text("span", [("class", "value")], study.score)
      $0.text("span", [("class", "unit")], "Agatston score")
    }
    page.element("p", [("class", "burden")]) {
      $0.text("strong", Self.capitalised(study.burden) + " coronary calcium")
      if !study.range.isEmpty { $0.write("(90 % range \(study.range))") }
    }
    classes(&page)
    if !study.hangsOn.isEmpty {
      page.element("div", [("class", "hangs-on")]) {
        $0.text("h3", "The score hangs on")
        $0.element("ul") { list in
          for lesion in study.hangsOn { list.text("li", Self.sentence(lesion)) }
        }
      }
    }
    if !study.doubts.isEmpty {
      page.element("div", [("class", "alert")]) {
        $0.text("h3", "To be doubted")
        $0.element("ul") { list in
          for doubt in study.doubts { list.text("li", Self.sentence(doubt)) }
        }
      }
    }
  }

  /// The classes from left to right, that of the score filled, others within the range framed.
  private func classes(_ page: inout Page) {
    guard !study.classes.isEmpty else { return }
    page.element("ol", [("class", "scale"), ("aria-label", "Classes of Agatston scores")]) { list in
      for (index, name) in study.classes.enumerated() {
        let isCurrent = index == study.classIndex
        let isPossible = study.possibleClasses.count > 1 && study.possibleClasses.contains(index)
        list.element(
          "li",
          [("class", isCurrent ? "current" : isPossible ? "possible" : "")]
            + (isCurrent ? [("aria-current", "true")] : [])
        ) { item in
          item.write(name)
          if isCurrent {
            item.text("span", [("class", "hidden")], ": this score")
          }
          if index < study.classChances.count {
            item.text("span", [("class", "maybe")], study.classChances[index])
          } else if isPossible {
            item.text("span", [("class", "maybe")], "possible")
          }
        }
      }
    }
  }

  private func parts(_ page: inout Page) {
    let rows: [(part: ScorePageContent.Part, style: String)] =
      study.arteries.map { ($0, "") } + (study.total.map { [($0, "total")] } ?? [])
      + study.beside.map { ($0, "beside-row") }
    page.element("table") { table in
      table.text("caption", "Calcium by artery")
      table.element("thead") { head in
        head.element("tr") { line in
          line.text("th", [("scope", "col")], "Artery")
          for name in ["Agatston", "Volume mm³", "Lesions"] {
            line.text("th", [("scope", "col"), ("class", "number")], name)
          }
        }
      }
      table.element("tbody") { body in
        for row in rows {
          body.element("tr", [("class", row.style)]) { line in
            line.element("th", [("scope", "row")]) { cell in
              if let mark = row.part.mark { Self.swatch(mark, &cell) }
              cell.write(row.part.name)
            }
            for value in row.part.values { line.text("td", [("class", "number")], value) }
          }
        }
      }
    }
    if !study.beside.isEmpty {
      page.text("p", [("class", "hint")], "Calcium of the aorta and the valves is in no total.")
    }
  }

  // MARK: the pictures

  private func pictures(_ page: inout Page) {
    let all = study.projections + study.slices
    guard !all.isEmpty else {
      page.text("p", [("class", "hint")], study.slicesNote)
      return
    }
    let shown = ScorePageContent.Mark.allCases.filter { mark in
      all.contains { !($0.view.outlines[mark.rawValue] ?? []).isEmpty }
    }
    page.element("div", [("class", "pictures")]) { page in
      page.element("div", [("class", "legend")]) { page in
        if !shown.isEmpty {
          page.element("ul", [("aria-label", "Colours in the pictures")]) { list in
            for mark in shown {
              list.element("li") {
                Self.swatch(mark, &$0)
                $0.text("b", mark.name)
                $0.write(" \(mark.title)")
              }
            }
          }
          page.element("label") {
            $0.void("input", [("type", "checkbox"), ("class", "show"), ("checked", "checked")])
            $0.write(" Show outlines")
          }
        }
      }
      grid("Projections", "projections", study.projections, &page)
      grid("Slices", "slices", study.slices, &page)
      page.text("p", [("class", "hint")], study.slicesNote)
    }
  }

  private func grid(
    _ title: String, _ style: String, _ pictures: [ScorePageContent.Picture], _ page: inout Page
  ) {
    guard !pictures.isEmpty else { return }
    page.text("h3", title)
    page.element("div", [("class", "grid \(style)")]) { grid in
      for picture in pictures { figure(picture, &grid) }
    }
  }

  private func figure(_ picture: ScorePageContent.Picture, _ page: inout Page) {
    let view = picture.view
    page.element("figure") { figure in
      figure.element("div", [("class", "image")]) { box in
        box.image(view.png, type: "image/png", summary: picture.summary)
        box.element(
          "svg",
          [
            ("aria-hidden", "true"),
            ("viewBox", "0 0 \(Self.short(view.size.x)) \(Self.short(view.size.y))"),
          ]
        ) { drawing in
          drawing.element("g", [("class", "marks")]) { outlines(of: view, &$0) }
          scale(of: view, &drawing)
        }
      }
      figure.text("figcaption", picture.caption)
    }
  }

  /// The outlines, and each name once beside its largest outline.
  private func outlines(of view: ScanView.Picture, _ page: inout Page) {
    // What counts lies over what does not.
    for mark in ScorePageContent.Mark.allCases.reversed() {
      guard let loops = view.outlines[mark.rawValue], !loops.isEmpty else { continue }
      let path = loops.map { loop in
        "M" + loop.map { "\(Self.short($0.x)) \(Self.short($0.y))" }.joined(separator: "L") + "Z"
      }
      page.void("path", [("class", mark.style), ("d", path.joined())])
      guard mark != .undecided, mark != .beside else { continue }
      // At the right end of the mark, or at its left end where the picture ends soon.
      let corners = loops.flatMap(\.self)
      guard let right = corners.max(by: { $0.x < $1.x }),
        let left = corners.min(by: { $0.x < $1.x })
      else { continue }
      let isAtEdge = right.x > view.size.x * 0.85
      let place = isAtEdge ? left : right
      page.text(
        "text",
        [
          ("class", "\(mark.style) name"), ("x", Self.short(place.x + (isAtEdge ? -2 : 2))),
          ("y", Self.short(max(place.y, 8))), ("text-anchor", isAtEdge ? "end" : "start"),
        ], mark.name)
    }
  }

  /// The sides of the patient, and 5 cm.
  private func scale(of view: ScanView.Picture, _ page: inout Page) {
    page.text(
      "text", [("x", "3"), ("y", Self.short(view.size.y / 2)), ("class", "side")], view.leftSide)
    page.text(
      "text",
      [
        ("x", Self.short(view.size.x / 2)), ("y", "7"), ("class", "side"),
        ("text-anchor", "middle"),
      ], view.upperSide)
    guard view.size.x > 70, view.size.y > 30 else { return }
    let (right, bottom) = (view.size.x - 4, view.size.y - 4)
    page.void(
      "path",
      [
        ("class", "bar"),
        (
          "d",
          "M\(Self.short(right - 50)) \(Self.short(bottom - 2))V\(Self.short(bottom))H"
            + "\(Self.short(right))V\(Self.short(bottom - 2))"
        ),
      ])
    page.text(
      "text",
      [
        ("class", "side"), ("x", Self.short(right - 25)), ("y", Self.short(bottom - 3)),
        ("text-anchor", "middle"),
      ], "5 cm")
  }

  // MARK: the details

  private func lesions(_ page: inout Page) {
    let lesions = study.lesions
    page.text("h3", "Lesions")
    page.table(
      "\(counted(lesions.count + study.unlistedLesions, "lesion")), the largest first",
      headings: [
        ("Artery", "nowrap"), ("Slices", "number"), ("Agatston", "number"),
        ("Volume mm³", "number"),
        ("Peak HU", "number"),
      ], rows: lesions.count
    ) { cell, row, column in
      if column == 0 {
        if let mark = lesions[row].mark { Self.swatch(mark, &cell) }
        cell.write(lesions[row].name)
      } else {
        cell.write(lesions[row].values[column - 1])
      }
    }
    if study.unlistedLesions > 0 {
      page.text(
        "p", [("class", "hint")],
        counted(study.unlistedLesions, "smaller one", "smaller ones")
          + (study.unlistedPlace.isEmpty ? " not listed." : " in \(study.unlistedPlace)."))
    }
  }

  private func about(_ page: inout Page) {
    page.text("h3", "Scan and method")
    page.facts(study.facts)
    guard !study.notes.isEmpty else { return }
    page.element("ul", [("class", "notes")]) { list in
      for note in study.notes { list.text("li", Self.sentence(note)) }
    }
  }

  private static func swatch(_ mark: ScorePageContent.Mark, _ page: inout Page) {
    page.element("span", [("class", "swatch \(mark.style)"), ("aria-hidden", "true")]) { _ in }
  }

  /// At most a hundredth of a millimetre, without zeros at the end.
  private static func short(_ value: Double) -> String { shortDecimal(value, decimals: 2) }

  private static func capitalised(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst()
  }

  /// With a capital and a full stop.
  private static func sentence(_ text: String) -> String {
    let text = capitalised(text)
    return text.hasSuffix(".") ? text : text + "."
  }
}
