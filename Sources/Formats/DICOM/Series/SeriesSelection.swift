// SPDX-License-Identifier: Apache-2.0
import Foundation
import Text
import Volume

/// The choice of the series of a folder that calcium is scored on, with the reason for each.
///
/// ```swift
/// let selection = SeriesSelection(catalogue)
/// for decision in selection.decisions { print(decision) }
/// let series = try selection.result.get()
/// ```
public struct SeriesSelection: Sendable {
  /// Whether one series is kept or dropped, and by which rule.
  public struct Decision: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The identifier by which the series is named; "unknown" where its files name none.
    public let id: String
    /// Number of slices, size and spacing, or what kind of images it holds.
    public let content: String
    /// Whether it is the one that is used.
    public let isKept: Bool
    /// The rule that decided.
    public let rule: SeriesRule
    /// The reason, with figures.
    public let reason: String

    private enum CodingKeys: String, CodingKey {
      case id = "uid"
      case isKept = "kept"
      case content, rule, reason
    }

    /// One line for a terminal.
    public var description: String {
      "\(isKept ? "kept" : "dropped") \(id): \(content) (\(rule.rawValue): \(reason))"
    }
  }

  /// Every series of the folder, the one that is kept first, then in the order of the rules.
  public let decisions: [Decision]
  /// The series that is kept, or why none is.
  public let result: Result<DICOMSeries, DICOMError>
  /// Objections to the series, where it is kept because there is no other.
  public let objections: [String]

  /// Chooses a series by the rules, or takes the one that is named.
  ///
  /// A folder with a single CT series keeps it whatever it is, as its caller named it. Where the
  /// rules leave several, or several studies meet in one folder, none is kept.
  ///
  /// Of the identifiers in `names` this folder must hold one; without any the rules choose.
  public init(_ catalogue: DICOMCatalogue, names: [String] = []) {
    var chooser = Chooser(catalogue)
    (result, objections) = chooser.choose(names: names)
    decisions = chooser.decisions
  }

  /// Applies the rules to the series of a catalogue.
  private struct Chooser {
    let catalogue: DICOMCatalogue
    var dropped: [Decision] = []
    var selected: Decision?

    var decisions: [Decision] { [selected].compactMap(\.self) + dropped }

    init(_ catalogue: DICOMCatalogue) { self.catalogue = catalogue }

    mutating func choose(
      names: [String]
    ) -> (Result<DICOMSeries, DICOMError>, objections: [String]) {
      dropOthers()
      var left = catalogue.series
      if let named = left.first(where: { names.contains($0.id) }) {
        for other in left where other.id != named.id { drop(other, by: .named) }
        return (.success(keep(named, by: .named, "it was asked for")), [])
      }
      if !names.isEmpty {
        for series in left { drop(series, by: .named) }
        return (
          failure(
            .unknownSeries,
            "holds no CT series \(names.joined(separator: " or "))"
              + (left.isEmpty ? catalogue.summary : "; it holds \(list(left))")), []
        )
      }
      if left.count <= 1 {
        guard let only = left.first else {
          return (failure(.noSeries, "holds no CT series\(catalogue.summary)"), [])
        }
        let objections = [SeriesRule.projection, .notAxial, .contrast]
          .filter { !$0.accepts(only) }.map { $0.objection(to: only) }
        return (.success(keep(only, by: .only, "the only CT series")), objections)
      }
      if let mixed = mixedSpacing(left) { return (.failure(mixed), []) }
      let studies = Set(left.compactMap(\.traits.studyUID))
      guard studies.count <= 1 else {
        for series in left {
          drop(
            series, by: .tie, "the series belong to \(counted(studies.count, "study", "studies"))")
        }
        return (
          failure(
            .severalSeries,
            "holds \(left.count) CT series of \(counted(studies.count, "study", "studies")); put the files of "
              + "each study into a folder of its own and give the folder around them, or name a "
              + "series by --series: \(list(Array(left.prefix(5))))"
              + (left.count > 5 ? "; and \(left.count - 5) more" : "")), []
        )
      }
      var last = SeriesRule.only
      for rule in SeriesRule.exclusions {
        let bad = left.filter { !rule.accepts($0) }
        for series in bad { drop(series, by: rule) }
        if !bad.isEmpty { last = rule }
        left.removeAll { bad.contains($0) }
      }
      guard !left.isEmpty else {
        return (
          failure(
            .severalSeries,
            "holds \(catalogue.series.count) CT series, none fit for calcium scoring; name one by "
              + "--series if it is to be used nevertheless: \(dropped.map(\.description).joined(separator: "; "))"
          ), []
        )
      }
      for rule in SeriesRule.preferences where left.count > 1 {
        let bad = left.filter { !rule.accepts($0) }
        if bad.isEmpty || bad.count == left.count { continue }
        for series in bad { drop(series, by: rule) }
        last = rule
        left.removeAll { bad.contains($0) }
      }
      if left.count == 1 {
        return (.success(keep(left[0], by: last, "the last one left by this rule")), [])
      }
      for series in left { drop(series, by: .tie, "no rule tells it from another one") }
      return (
        failure(
          .severalSeries,
          "holds \(left.count) CT series that are equally fit for calcium scoring; name one by "
            + "--series: \(list(left))"), []
      )
    }

    private mutating func keep(
      _ series: DICOMSeries, by rule: SeriesRule, _ reason: String
    ) -> DICOMSeries {
      selected = Decision(
        id: series.id, content: series.content, isKept: true, rule: rule, reason: reason)
      return series
    }

    private mutating func drop(_ series: DICOMSeries, by rule: SeriesRule, _ reason: String? = nil)
    {
      dropped.append(
        Decision(
          id: series.id, content: series.content, isKept: false, rule: rule,
          reason: reason ?? rule.objection(to: series)))
    }

    /// Scouts, reports and other images: one entry for each series and kind.
    private mutating func dropOthers() {
      struct Kind: Hashable {
        let uid: String
        let reason: String
      }
      let others = catalogue.skipped.filter { $0.code == .notCT && $0.seriesUID != nil }
      let counts = others.reduce(into: [Kind: Int]()) {
        $0[Kind(uid: $1.seriesUID ?? "", reason: $1.reason), default: 0] += 1
      }
      for (kind, count) in counts.sorted(by: {
        ($0.key.uid, $0.key.reason) < ($1.key.uid, $1.key.reason)
      }) {
        dropped.append(
          Decision(
            id: kind.uid, content: counted(count, "file"), isKept: false,
            rule: .notCT, reason: kind.reason))
      }
    }

    /// Slices of one series and orientation with different pixel sizes are no accident of sorting.
    private func mixedSpacing(_ series: [DICOMSeries]) -> DICOMError? {
      for candidate in series {
        let parts = series.filter { other in
          let (a, b) = (candidate.direction.z, other.direction.z)
          return other.group == candidate.group && (a * b).sum() > 0.999
            && (candidate.rows, candidate.columns) == (other.rows, other.columns)
        }
        let spacings = Set(parts.map(\.pixelSpacing))
        guard spacings.count > 1 else { continue }
        let figures = parts.map { part in
          "\(part.files.count) of \(millimetres(part.pixelSpacing.x))×"
            + "\(millimetres(part.pixelSpacing.y)) mm"
        }
        return DICOMError(
          .unevenSpacing, subject: "series \(candidate.group.name)",
          detail:
            "mixes slices of different pixel sizes: \(figures.joined(separator: ", ")); export "
            + "one series, or name a part by --series: \(list(parts))")
      }
      return nil
    }

    private func failure(
      _ code: DICOMError.Code, _ detail: String
    ) -> Result<DICOMSeries, DICOMError> {
      .failure(DICOMError(code, subject: catalogue.folder.path, detail: detail))
    }

    private func list(_ series: [DICOMSeries]) -> String {
      series.map(\.description).joined(separator: "; ")
    }
  }
}
