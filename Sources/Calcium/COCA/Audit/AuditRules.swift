// SPDX-License-Identifier: Apache-2.0
import Text
import Volume

/// The rules by which an audit finds anomalies; none of them knows a subject.
struct AuditRules {
  let subject: AuditSubject
  private(set) var anomalies: [SubjectAudit.Finding] = []
  private(set) var notes: [SubjectAudit.Finding] = []

  /// The top of 12 bits with intercept −1024, where metal saturates.
  static let metal: Int16 = 3071
  /// What gated calcium scans use, in mm.
  private static let usualIncrement = 3.0
  /// What chest CTs use, in mm.
  private static let chestIncrements = 3.0...5.0

  init(subject: AuditSubject) { self.subject = subject }

  mutating func add(_ code: FindingCode, _ detail: String) {
    anomalies.append(.init(code: code, detail: detail))
  }

  mutating func note(_ code: FindingCode, _ detail: String) {
    notes.append(.init(code: code, detail: detail))
  }

  /// What an error says, without the path of this machine.
  func sentence(for error: COCAError) -> String {
    (error.location.map { "\($0): " } ?? "") + error.detail
  }

  // MARK: Files

  mutating func checkFiles(choice: AuditSubject.Choice?) {
    if subject.faults.unreadable > 0 {
      add(
        .unreadableFiles,
        "\(files(subject.faults.unreadable)) cannot be read (\(subject.faults.unreadableText)); "
          + "fetch the subject again")
    }
    if let text = subject.faults.foreignText { note(.foreignFiles, "passed over: \(text)") }
    if subject.filesWithoutEnding > 0 {
      note(
        .missingEnding,
        "\(files(subject.filesWithoutEnding)) of the series without the ending .dcm, read all the same"
      )
    }
    if subject.folders.count > 1 {
      add(.severalFolders, "the files lie in \(counted(subject.folders.count, "folder"))")
    }
    if !subject.isGated, subject.folders.contains("") {
      note(
        .missingInnerFolder, "the files lie in the subject's folder, not in a folder of it")
    }
    guard let choice else {
      if let problem = subject.folderProblem {
        add(.unreadableFolder, "the folder of the series cannot be read: \(problem)")
      } else if subject.annotation == nil {
        add(
          .emptySubject,
          subject.isGated
            ? "there is neither an annotation nor a readable series"
            : "there is no readable series")
      } else {
        add(
          .annotationWithoutDICOM,
          "there is an annotation, but no readable series; no mask can be made")
      }
      return
    }
    if subject.annotation == nil, subject.isGated {
      note(.implicitZero, "there is no annotation, so the subject counts as free of calcium")
    }
    checkSeveralSeries(choice)
    checkSlices(choice.series)
    if let kV = choice.series.kilovolts, abs(kV - 120) > 0.5 {
      add(
        .unusualVoltage, "the tube voltage is \(text(kV)) kV; the 130 HU threshold holds at 120 kV")
    }
    if choice.hasMetal {
      add(.metal, "voxels reach \(Self.metal) HU, the top of the range: metal in the scan")
    }
  }

  private mutating func checkSeveralSeries(_ choice: AuditSubject.Choice) {
    guard subject.series.count > 1 else { return }
    let chosen = choice.series
    let counts =
      choice.pairing.matched == 0
      ? "" : choice.pairing.indexDisagreements.isEmpty ? "; ImageIndex counts within it" : ""
    add(
      .severalSeries,
      "there are \(subject.series.count) series; \(chosen.uid) with \(files(chosen.positions.count)) "
        + "is the one that is used\(counts)")
    let stacks = subject.series.map { SliceStack($0) }
    var pairs = 0
    for i in stacks.indices {
      for j in stacks.indices where j > i && stacks[i].positions.count > 1 {
        let same =
          stacks[i].positions.count == stacks[j].positions.count
          && zip(stacks[i].positions, stacks[j].positions).allSatisfy {
            abs($0 - $1) < SliceStack.samePosition
          }
        if same { pairs += 1 }
      }
    }
    if pairs > 0 {
      add(
        .identicalPositions,
        "\(pairs == 1 ? "two series lie" : "several series lie") at the same positions; "
          + "the HU of the contours tell which was annotated")
    }
  }

  private mutating func checkSlices(_ series: SeriesSummary) {
    let stack = SliceStack(series)
    let doubled = stack.copies.indices.filter { stack.copies[$0] > 1 }
    if let first = doubled.first {
      add(
        .duplicatePosition,
        "\(doubled.count) of \(stack.positions.count) positions hold more than one file, the lowest "
          + "at \(text(stack.positions[first])) mm; ImageIndex cannot be trusted above it")
    }
    guard let increment = stack.increment else { return }
    checkIncrement(increment, of: "the slices")
    let steps = zip(stack.positions.dropFirst(), stack.positions).map { $0 - $1 }
    if let worst = steps.max(by: { abs($0 - increment) < abs($1 - increment) }),
      abs(worst - increment) > 0.1
    {
      add(
        .unevenSlices,
        "one step between slices is \(text(worst)) mm, the usual one \(text(increment)) mm"
          + (worst > 1.5 * increment ? "; slices are missing" : ""))
    }
    if let thickness = series.thickness, abs(thickness - increment) > 0.1 {
      add(
        .thicknessMismatch,
        "slices \(text(thickness)) mm thick lie \(text(increment)) mm apart: they "
          + (thickness > increment ? "overlap" : "leave gaps") + "; scores use the increment")
    }
  }

  mutating func checkIncrement(_ increment: Double, of what: String) {
    let usual =
      subject.isGated ? Self.usualIncrement...Self.usualIncrement : Self.chestIncrements
    guard increment < usual.lowerBound - 0.02 || increment > usual.upperBound + 0.02,
      !anomalies.contains(where: { $0.code == .unusualIncrement })
    else { return }
    add(
      .unusualIncrement,
      "\(what) lie \(text(increment)) mm apart, not \(text(usual.lowerBound))"
        + (subject.isGated ? "" : " to \(text(usual.upperBound))") + " mm; "
        + "scores use the real increment")
  }

  // MARK: Wording

  func regions(_ count: Int) -> String { counted(count, "ROI") }
  func files(_ count: Int) -> String { counted(count, "file") }
  func text(_ value: Double) -> String { shortDecimal(value, decimals: 3) }

  /// A name as it may be shown: free text of a reader can hold a patient's number.
  func shown(_ name: String) -> String {
    let digits = name.count(where: \.isNumber)
    if digits >= 5 || name.count > 40 { return "a name of \(name.count) characters" }
    return "\"\(name.shown())\""
  }
}
