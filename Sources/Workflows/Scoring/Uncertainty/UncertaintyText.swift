// SPDX-License-Identifier: Apache-2.0
import Agatston
import Text

extension ScoreUncertainty {
  /// The lesions that a table names.
  private static let shownLesions = 3

  /// The range, the classes and the lesions, a line each, for a terminal.
  package var lines: [String] {
    let source = range.isCalibrated ? "calibrated" : "by the model's own doubts"
    var lines = [
      "range: \(readable(range.low)) to \(readable(range.high)) Agatston "
        + "(\(readable(ScoreRange.level * 100, 0)) %, \(source))",
      "class: \(classText)",
    ]
    for lesion in lesions.prefix(Self.shownLesions) {
      lines += ScoringTable.wrapped("hangs on \(lesion.words)")
    }
    let rest = lesions.count - Self.shownLesions
    if rest > 0 { lines.append("… and on \(counted(rest, "more candidate")) (--json)") }
    return lines
  }

  /// The lesions in one cell; `nil` without any.
  var hangsOn: String? {
    lesions.isEmpty
      ? nil : lesions.prefix(Self.shownLesions).map(\.words).joined(separator: "; ")
  }

  /// The probability of each class in per cent, the lowest class first, for a page.
  var classChances: [String] {
    StandardClass.allCases.map { name in
      let percent = (classes[name] ?? 0) * 100
      return percent < 0.5 ? "–" : percent > 99.5 ? "> 99 %" : "\(readable(percent, 0)) %"
    }
  }

  /// The lesions for a page, whose slices count from 1.
  package var pageLesions: [String] {
    lesions.prefix(Self.shownLesions).map { lesion in
      let name = lesion.isCounted ? "counted" : "not counted"
      let place = [lesion.artery, "slice \(lesion.slice + 1)"].compactMap(\.self)
      return "\(place.joined(separator: ", ")): \(readable(lesion.agatston)) points, \(name), "
        + "p \(readable(lesion.probability, 2))"
    }
  }

  /// The classes with their probabilities, those below one in a hundred left out.
  package var classText: String {
    let likely = StandardClass.allCases.filter { (classes[$0] ?? 0) >= 0.005 }
    return likely.map { "\($0.rawValue) p \(readable(classes[$0] ?? 0, 2))" }
      .joined(separator: ", ")
  }
}

extension ScoreUncertainty.OpenLesion {
  /// What it is, such as "lesion 2, LAD, slice 31, 84.0 Agatston, p 0.61".
  var words: String {
    let name =
      number.map { "lesion \($0)" } ?? (isCounted ? "a lesion" : "a candidate that is not counted")
    let place = [artery, "slice \(slice)"].compactMap(\.self).joined(separator: ", ")
    return "\(name), \(place), \(readable(agatston)) Agatston, p \(readable(probability, 2))"
  }
}
