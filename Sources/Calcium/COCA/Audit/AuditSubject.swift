// SPDX-License-Identifier: Apache-2.0
public import Volume

/// One subject as the files present it, ready to be audited.
public struct AuditSubject: Sendable {
  /// The subject's id.
  public var id: String
  /// The annotation or why it cannot be read; `nil` without a file.
  public var annotation: Result<Annotation, COCAError>?
  /// The series in the subject's folder.
  public var series: [SeriesSummary]
  /// The names of sub-folders that hold files.
  public var folders: [String]
  /// The files that are no usable slice.
  public var faults: FileFaults
  /// The number of files of the series whose names do not end in `.dcm`.
  public var filesWithoutEnding: Int
  /// Why the subject's folder could not be looked through, or `nil`.
  public var folderProblem: String?
  /// Whether it is of the gated half: with slices of 3 mm, and free of calcium without an annotation.
  public var isGated: Bool

  /// A subject to audit.
  public init(
    id: String, annotation: Result<Annotation, COCAError>?, series: [SeriesSummary],
    folders: [String] = [], faults: FileFaults = .init(), filesWithoutEnding: Int = 0,
    folderProblem: String? = nil, isGated: Bool = true
  ) {
    self.id = id
    self.annotation = annotation
    self.series = series
    self.folders = folders
    self.faults = faults
    self.filesWithoutEnding = filesWithoutEnding
    self.folderProblem = folderProblem
    self.isGated = isGated
  }

  /// Checks the subject against every rule.
  ///
  /// `ct` gives the volume in HU of a series, or `nil` where only headers are at hand; it is called
  /// for the series that the annotation belongs to, and for each of several that fit equally well.
  /// A volume that cannot be made is an anomaly, and the subject is then checked without it.
  public func audit(
    ct: (SeriesSummary) throws -> Volume<Int16>? = { _ in nil }
  ) -> SubjectAudit {
    var audit = SubjectAudit(
      id: id, annotation: annotation != nil, series: nil, rois: .init(), anomalies: [], notes: [],
      reference: nil, usable: false)
    var rules = AuditRules(subject: self)
    var sound: Annotation?
    switch annotation {
    case .success(let read): sound = read
    case .failure(let error):
      rules.add(
        .unreadableAnnotation, "the annotation cannot be read: \(rules.sentence(for: error))")
    case nil: break
    }
    let choice = choose(for: sound ?? Annotation(subject: id), ct: ct, rules: &rules)
    if var annotation = sound {
      if let chosen = choice?.series {
        annotation.requirePoints(withinRows: chosen.rows, columns: chosen.columns)
      }
      audit.rois = counts(annotation, choice)
      let score = ReferenceScore(
        annotation, seriesIncrement: choice.flatMap { SliceStack($0.series).increment })
      audit.reference = .init(score)
      rules.check(annotation, score, choice: choice)
      sound = annotation
    } else if annotation == nil, isGated {
      audit.reference = .init(.zero)
    }
    rules.checkFiles(choice: choice)
    audit.series = choice.map { Self.facts($0.series) }
    audit.anomalies = rules.anomalies
    audit.notes = rules.notes
    let complete =
      audit.rois.unmatched == 0 && audit.rois.broken == 0 && audit.rois.unassigned == 0
      && (sound?.images.allSatisfy(\.issues.isEmpty) ?? true) && audit.rois.sound > 0
    audit.usable =
      choice != nil && !rules.anomalies.contains { $0.code == .unreadableVolume }
      && (annotation == nil || (sound != nil && complete))
    return audit
  }

  /// A series with how the annotation fits it.
  struct Choice {
    var series: SeriesSummary
    var pairing: Pairing
    var results: [RegionResult]?
    var hasMetal = false
  }

  /// The series with the most regions on its slices, then with the most exact statistics, then with
  /// the fewest regions whose index disagrees, then with the most slices, then with the first UID.
  private func choose(
    for annotation: Annotation, ct: (SeriesSummary) throws -> Volume<Int16>?,
    rules: inout AuditRules
  ) -> Choice? {
    let paired = series.map { series in
      Choice(series: series, pairing: Pairing(annotation, on: SliceStack(series)), results: nil)
    }
    let most = paired.map(\.pairing.matched).max() ?? 0
    var finalists = paired.filter { $0.pairing.matched == most }
    if most == 0 {
      let slices = finalists.map(\.series.positions.count).max()
      finalists = finalists.filter { $0.series.positions.count == slices }
    }
    for i in finalists.indices {
      do {
        guard let volume = try ct(finalists[i].series) else { continue }
        finalists[i].results = annotation.check(on: volume)
        finalists[i].hasMetal = volume.voxels.contains { $0 >= AuditRules.metal }
      } catch {
        rules.add(
          .unreadableVolume, "series \(finalists[i].series.uid) gives no volume: \(error)")
      }
    }
    func rank(_ choice: Choice) -> (Int, Int, Int) {
      (
        choice.results?.count(where: \.statisticsAreExact) ?? 0,
        -choice.pairing.indexDisagreements.count, choice.series.positions.count
      )
    }
    return finalists.sorted { $0.series.uid < $1.series.uid }
      .max { rank($0) < rank($1) }
  }

  private func counts(_ annotation: Annotation, _ choice: Choice?) -> SubjectAudit.Regions {
    var counts = SubjectAudit.Regions()
    for (_, region) in annotation.regions {
      counts.total += 1
      if region.isWithoutPoints { counts.withoutPoints += 1 }
      if !region.issues.isEmpty { counts.broken += 1 }
      if region.isUsable, region.artery == nil { counts.unassigned += 1 }
    }
    counts.matched = choice?.pairing.matched ?? 0
    counts.unmatched = choice?.pairing.unmatched.count ?? 0
    if let results = choice?.results {
      counts.countExact = results.count(where: \.countIsExact)
      counts.statisticsExact = results.count(where: \.statisticsAreExact)
    } else {
      counts.countExact = annotation.regions.count {
        $0.region.isUsable && $0.region.contourCount() == $0.region.recordedCount
      }
    }
    return counts
  }

  private static func facts(_ series: SeriesSummary) -> SubjectAudit.Series {
    let stack = SliceStack(series)
    return SubjectAudit.Series(
      uid: series.uid, slices: stack.positions.count,
      spacing: [series.pixelSpacing.x, series.pixelSpacing.y].filter(\.isFinite).map(rounded),
      increment: stack.increment.map(rounded))
  }
}
