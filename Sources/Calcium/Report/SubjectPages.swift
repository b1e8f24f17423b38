// SPDX-License-Identifier: Apache-2.0
import Figures
import Text

/// The table of held-out subjects and the pictures of their slices.
struct SubjectPages {
  let subjects: [ReportContent.Subject]
  let quantity: String
  /// What the ids of these subjects' pictures begin with.
  let prefix: String
  let pictureBudget: Int

  init(
    _ group: ReportContent.Group, at index: Int, quantity: String, pictureBudget: Int
  ) {
    subjects = group.subjects
    self.quantity = quantity
    prefix = index == 0 ? "subject" : "subject-\(index + 1)"
    self.pictureBudget = pictureBudget
  }

  /// Writes the table, in the order given; ids link to the pictures.
  func writeTable(_ page: inout Page) {
    let hasFlags = subjects.contains { !$0.flags.isEmpty || $0.isReclassified }
    let anchors = anchors
    page.table(
      "\(quantity) of \(counted(subjects.count, "held-out subject"))",
      headings: [
        ("Subject", ""), ("Reference", "number"), ("Computed", "number"),
        ("Difference", "number"), ("Reference class", "name"), ("Computed class", "name"),
      ] + (hasFlags ? [("Flags", "")] : []), rows: subjects.count
    ) { cell, row, column in
      let subject = subjects[row]
      switch column {
      case 0:
        if let anchor = anchors[row] {
          cell.element("a", [("href", "#\(anchor)")]) { $0.subject(subject.id) }
        } else {
          cell.subject(subject.id)
        }
      case 1: cell.write(score(subject.reference))
      case 2: cell.write(score(subject.computed))
      case 3: cell.write(difference(subject))
      case 4: cell.write(subject.referenceClass)
      case 5: cell.write(subject.computedClass)
      default: writeTags(of: subject, &cell)
      }
    }
  }

  /// Writes the pictures, worst subjects first.
  func writeSlices(_ page: inout Page) {
    page.text(
      "p", [("class", "hint")],
      "Worst first: subjects in another class than the reference, then by the distance of the "
        + "logarithms of both scores.")
    var left = pictureBudget
    var isFull = false
    var omitted = 0
    for (rank, index) in subjects.worstFirst.enumerated() where !subjects[index].slices.isEmpty {
      let subject = subjects[index]
      // Base64 makes four characters of three bytes; the rest is the caption.
      let size = subject.slices.reduce(0) { $0 + ($1.png.count + 2) / 3 * 4 + 500 }
      isFull = isFull || size > left
      if isFull { omitted += 1 } else { left -= size }
      page.element("article", [("class", "subject"), ("id", "\(prefix)-\(rank)")]) {
        write(subject, withPictures: !isFull, &$0)
      }
    }
    if omitted > 0 {
      page.text(
        "p", [("class", "notice")],
        "The pictures of \(counted(omitted, "subject that agrees", "subjects that agree")) best are left "
          + "out to keep this page small.")
    }
  }

  private func write(
    _ subject: ReportContent.Subject, withPictures: Bool, _ page: inout Page
  ) {
    page.element("div", [("class", "head")]) { page in
      page.element("h3") {
        $0.write("Subject ")
        $0.subject(subject.id)
      }
      page.element("p") {
        $0.write(
          "Reference \(score(subject.reference))\(inWords(subject.referenceClass)), "
            + "computed \(score(subject.computed))\(inWords(subject.computedClass)), "
            + "difference \(difference(subject)). ")
        writeTags(of: subject, &$0)
      }
      if !withPictures {
        page.text("p", [("class", "hint")], "Pictures left out to keep this page small.")
      } else if subject.slicesWithCalcium > subject.slices.count {
        page.text(
          "p", [("class", "hint")],
          "\(subject.slices.count) of \(subject.slicesWithCalcium) slices with calcium are shown.")
      }
    }
    guard withPictures else { return }
    page.element("div", [("class", "slices")]) { grid in
      for slice in subject.slices {
        grid.element("figure") { page in
          page.image(slice.png, type: "image/png", summary: slice.summary)
          page.text("figcaption", slice.caption)
        }
      }
    }
  }

  /// Where each subject's pictures stand, by its index in the table; its id may occur twice.
  private var anchors: [Int: String] {
    var anchors: [Int: String] = [:]
    for (rank, index) in subjects.worstFirst.enumerated()
    where !subjects[index].slices.isEmpty {
      anchors[index] = "\(prefix)-\(rank)"
    }
    return anchors
  }

  private func writeTags(of subject: ReportContent.Subject, _ page: inout Page) {
    let tags = (subject.isReclassified ? ["other class"] : []) + subject.flags
    for tag in tags { page.text("span", [("class", "tag")], tag) }
  }

  private func score(_ value: Double?) -> String {
    NumberFormat.text(value ?? .nan, decimals: 1)
  }

  private func difference(_ subject: ReportContent.Subject) -> String {
    guard let reference = subject.reference, let computed = subject.computed else {
      return NumberFormat.missing
    }
    let difference = computed - reference
    return (difference > 0 ? "+" : "") + NumberFormat.text(difference, decimals: 1)
  }

  private func inWords(_ name: String) -> String { name.isEmpty ? "" : " (\(name))" }
}
