// SPDX-License-Identifier: Apache-2.0
import Volume

/// The rules about an annotation: against its own figures, and against its series.
extension AuditRules {
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
          + "\(shown(first.region.name)) at \(first.location); they are left out")
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
    checkFigures(annotation, grid, choice)
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
          + "away), first \(first.location); they are left out")
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
    let last = stack.lastIndex
    let past = choice.pairing.entries.filter {
      guard let index = $0.location.index else { return false }
      return $0.outcome != .withoutContour && (index < 0 || index > last)
    }
    if let first = past.first {
      add(
        .indexPastLastSlice,
        "\(regions(past.count)) have an ImageIndex beyond the last slice (\(last)), first "
          + "\(first.location): drawn on another reconstruction")
    }
    let disagreeing = choice.pairing.indexDisagreements
    if let first = disagreeing.first, let expected = first.expectedIndex {
      add(
        .indexDisagreement,
        "\(regions(disagreeing.count)) lie on another slice than their ImageIndex says, first "
          + "\(first.location), which lies on slice \(expected.lowerBound)"
          + (stack.copies.contains { $0 > 1 } ? "; doubled positions shift the count" : "")
          + "; the position decides")
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
      guard entry.slice != nil, let origin = series.positions.first else { continue }
      for (point, position) in zip(region.points, region.positions) {
        let offset = position - origin
        let expected = SIMD2(
          (offset * series.direction.x).sum() / series.pixelSpacing.x + 0.5,
          (offset * series.direction.y).sum() / series.pixelSpacing.y + 0.5)
        let error = point - expected
        worst = Swift.max(worst, abs(error.x), abs(error.y))
      }
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
      let placed = results.filter {
        if case .matched = $0.outcome { return true }
        return false
      }
      let wrong = placed.filter { !$0.countIsExact }
      if let first = wrong.first {
        note(
          .countDiffers,
          "\(regions(wrong.count)) have another number of pixels than recorded, first "
            + "\(first.location): \(first.statistics.count) against "
            + (first.recordedCount.map(String.init) ?? "none"))
      }
      let differing = placed.filter { $0.countIsExact && !$0.statisticsAreExact }
      if let first = differing.first {
        note(
          .statisticsDiffer,
          "\(regions(differing.count)) have other HU than recorded, first \(first.location)")
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
          + "\(first.location): \(first.region.contourCount()) against "
          + "\(first.region.recordedCount.map(String.init) ?? "none"); "
          + "pixels under 130 HU cannot be told without the CT")
    }
  }
}
