// SPDX-License-Identifier: Apache-2.0
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

  init(subject: AuditSubject) { self.subject = subject }

  mutating func add(_ code: FindingCode, _ detail: String) {
    anomalies.append(.init(code: code, detail: detail))
  }

  private mutating func note(_ code: FindingCode, _ detail: String) {
    notes.append(.init(code: code, detail: detail))
  }

  /// What an error says, without the path of this machine.
  func sentence(for error: COCAError) -> String {
    (error.place.map { "\($0): " } ?? "") + error.detail
  }

  // MARK: Files

  mutating func checkFiles(choice: AuditSubject.Choice?) {
    if subject.unreadableFiles > 0 {
      add(
        .unreadableFiles,
        "\(files(subject.unreadableFiles)) cannot be read (empty, truncated or no DICOM); "
          + "fetch the subject again")
    }
    if subject.folders.count > 1 {
      add(.severalFolders, "the files lie in \(subject.folders.count) folders")
    }
    guard let choice else {
      if subject.annotation == nil {
        add(.emptySubject, "there is neither an annotation nor a readable series")
      } else {
        add(
          .annotationWithoutDICOM,
          "there is an annotation, but no readable series; no mask can be made")
      }
      return
    }
    if subject.annotation == nil {
      note(.implicitZero, "there is no annotation, so the subject counts as free of calcium")
    }
    checkSeveralSeries(choice.series)
    checkSlices(choice.series)
    if let kV = choice.series.kilovolts, abs(kV - 120) > 0.5 {
      add(
        .unusualVoltage, "the tube voltage is \(text(kV)) kV; the 130 HU threshold holds at 120 kV")
    }
    if choice.hasMetal {
      add(.metal, "voxels reach \(Self.metal) HU, the top of the range: metal in the scan")
    }
  }

  private mutating func checkSeveralSeries(_ chosen: SeriesOutline) {
    guard subject.series.count > 1 else { return }
    add(
      .severalSeries,
      "there are \(subject.series.count) series; \(chosen.uid) with \(files(chosen.positions.count)) "
        + "is the one that is used")
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

  private mutating func checkSlices(_ series: SeriesOutline) {
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

  private mutating func checkIncrement(_ increment: Double, of what: String) {
    guard abs(increment - Self.usualIncrement) > 0.02,
      !anomalies.contains(where: { $0.code == .unusualIncrement })
    else { return }
    add(
      .unusualIncrement,
      "\(what) lie \(text(increment)) mm apart, not \(text(Self.usualIncrement)) mm; "
        + "scores use the real increment")
  }

  // MARK: Annotation

  mutating func check(
    _ annotation: Annotation, _ score: ReferenceScore, choice: AuditSubject.Choice?
  ) {
    for issue in annotation.issues.prefix(5) { add(.brokenRegion, sentence(for: issue)) }
    if annotation.issues.count > 5 {
      add(.brokenRegion, "\(annotation.issues.count - 5) more faults of this kind")
    }
    let usable = annotation.regions.filter { $0.region.isUsable }
    if usable.isEmpty { add(.emptyAnnotation, "no ROI of the annotation has a usable contour") }
    let unknown = usable.filter { $0.region.artery == nil }
    if let first = unknown.first {
      add(
        .unknownArtery,
        "\(regions(unknown.count)) bear a name that is no artery, first "
          + "\(shown(first.region.name)) at \(first.place); they are left out")
    }
    for sentence in score.notes { note(.referenceNote, sentence) }
    let grid = AnnotationGrid(annotation)
    if let step = grid.step, step < 0 {
      add(.indexDownwards, "ImageIndex counts downwards, by \(text(step)) mm a slice")
    }
    if let choice {
      checkPairing(annotation, grid, choice)
      checkInPlane(annotation, grid, choice)
    } else if let step = grid.step {
      checkIncrement(abs(step), of: "the annotated slices")
    }
    checkCounts(annotation, choice)
  }

  private mutating func checkPairing(
    _ annotation: Annotation, _ grid: AnnotationGrid, _ choice: AuditSubject.Choice
  ) {
    let stack = SliceStack(choice.series)
    let unmatched = choice.pairing.unmatched
    if let first = unmatched.first {
      let far = unmatched.compactMap {
        if case .unmatched(let distance) = $0.outcome, distance.isFinite { return distance }
        return nil
      }.max()
      add(
        .unmatchedRegion,
        "\(regions(unmatched.count)) lie on no slice (up to \(far.map(text) ?? "any number of") mm "
          + "away), first \(first.place); they are left out")
    }
    let offPlane = choice.pairing.entries.compactMap {
      if case .matched(_, let distance) = $0.outcome, distance > 0.1 { return distance }
      return nil
    }
    if let far = offPlane.max() {
      add(
        .offPlaneRegion,
        "\(regions(offPlane.count)) lie up to \(text(far)) mm beside the plane of their slice")
    }
    let last = stack.copies.reduce(0, +) - 1
    let past = choice.pairing.entries.filter {
      guard let index = $0.place.index else { return false }
      return $0.outcome != .withoutContour && (index < 0 || index > last)
    }
    if let first = past.first {
      add(
        .indexPastLastSlice,
        "\(regions(past.count)) have an ImageIndex beyond the last slice (\(last)), first "
          + "\(first.place): drawn on another reconstruction")
    }
    let disagreeing = choice.pairing.indexDisagreements
    if let first = disagreeing.first, let expected = first.expectedIndex {
      add(
        .indexDisagreement,
        "\(regions(disagreeing.count)) lie on another slice than their ImageIndex says, first "
          + "\(first.place), which lies on slice \(expected.lowerBound); the position decides")
    }
    if let step = grid.step, let increment = stack.increment,
      abs(abs(step) - increment) > 0.05
    {
      add(
        .incrementMismatch,
        "annotated on slices \(text(abs(step))) mm apart, but the series has "
          + "\(text(increment)) mm: another reconstruction")
    }
  }

  private mutating func checkInPlane(
    _ annotation: Annotation, _ grid: AnnotationGrid, _ choice: AuditSubject.Choice
  ) {
    let series = choice.series
    if let spacing = grid.pixelSpacing {
      let difference = spacing - series.pixelSpacing
      if Swift.max(abs(difference.x), abs(difference.y)) > 0.002 {
        add(
          .spacingMismatch,
          "the contours have pixels of \(text(spacing.x)) × \(text(spacing.y)) mm, the series "
            + "\(text(series.pixelSpacing.x)) × \(text(series.pixelSpacing.y)) mm")
      }
    }
    var worst = 0.0
    for ((_, region), entry) in zip(annotation.regions, choice.pairing.entries) {
      guard entry.slice != nil, let position = region.positions.first,
        let point = region.points.first, let origin = series.positions.first
      else { continue }
      let offset = position - origin
      let expected = SIMD2(
        (offset * series.direction.x).sum() / series.pixelSpacing.x + 0.5,
        (offset * series.direction.y).sum() / series.pixelSpacing.y + 0.5)
      let error = point - expected
      worst = Swift.max(worst, abs(error.x), abs(error.y))
    }
    if worst > 0.1 {
      add(
        .positionMismatch,
        "contours in pixels and in millimetres disagree by up to \(text(worst)) pixels on this "
          + "series: drawn on another one")
    }
  }

  private mutating func checkCounts(_ annotation: Annotation, _ choice: AuditSubject.Choice?) {
    if let results = choice?.results {
      let placed = results.filter { $0.statistics.count > 0 || $0.contourCount > 0 }
      let wrong = placed.filter { !$0.countIsExact }
      if let first = wrong.first {
        note(
          .countDiffers,
          "\(regions(wrong.count)) have another number of pixels than recorded, first "
            + "\(first.place): \(first.statistics.count) against "
            + (first.recordedCount.map(String.init) ?? "none"))
      }
      let differing = placed.filter { $0.countIsExact && !$0.statisticsAreExact }
      if let first = differing.first {
        note(
          .statisticsDiffer,
          "\(regions(differing.count)) have other HU than recorded, first \(first.place)")
      }
      return
    }
    let wrong = annotation.regions.filter {
      $0.region.isUsable && $0.region.contourCount() != $0.region.recordedCount
    }
    if let first = wrong.first {
      note(
        .countDiffers,
        "\(regions(wrong.count)) have another number of pixels than recorded, first "
          + "\(first.place): \(first.region.contourCount()) against "
          + "\(first.region.recordedCount.map(String.init) ?? "none"); "
          + "pixels under 130 HU cannot be told without the CT")
    }
  }

  // MARK: Wording

  private func regions(_ count: Int) -> String { count == 1 ? "1 ROI" : "\(count) ROIs" }
  private func files(_ count: Int) -> String { count == 1 ? "1 file" : "\(count) files" }
  private func text(_ value: Double) -> String {
    let value = (value * 1000).rounded() / 1000
    return value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
  }

  /// A name as it may be shown: free text of a reader can hold a patient's number.
  private func shown(_ name: String) -> String {
    let digits = name.count(where: \.isNumber)
    if digits >= 5 || name.count > 40 { return "a name of \(name.count) characters" }
    return "\"\(name)\""
  }
}
