// SPDX-License-Identifier: Apache-2.0
import Agatston
import Atlas
import COCA
import Concurrency
import DICOM
import Files
package import Foundation
import Meshes
package import Phantom
import Spreadsheet
import Text
import Volume
package import Workflow

/// Writes a synthetic cohort in COCA's layout: DICOM, OsiriX XML, `truth.csv`; chest CTs with
/// `scores.xlsx`, too, and their annotations apart, since COCA's have none.
///
/// A subject whose folder is there already is kept, so an interrupted run resumes where it stopped.
/// The same options give the same bytes.
///
/// ```swift
/// let cohort = PhantomCohort(
///   subjects: 40, seed: 1, matrix: 128, slices: 24, scanProtocol: .gated)
/// print(try await cohort.write(to: folder, jobs: 2) { print($0) })
/// ```
package struct PhantomCohort: Sendable {
  private let subjects: Int
  private(set) var options: PhantomOptions
  let hasAnomalies: Bool
  let anatomy: URL?
  let heart: URL?
  private var people: PhantomPeople?

  /// A cohort of a number of subjects.
  ///
  /// - Parameters:
  ///   - matrix: Rows and columns of a slice.
  ///   - slices: The number of slices; by default that of the protocol.
  ///   - minimumRank: The least severity of those with calcium, as a rank in the cohort from 0 to
  ///     1.
  ///   - anomalies: Whether one subject with each known anomaly is added.
  ///   - anatomy: BodyParts3D's archive of meshes, whose shapes the subjects have; nil for shapes of
  ///     ellipsoids and tubes.
  ///   - heart: HuBMAP's reference heart, which takes the place of the body's own; nil for that.
  ///   - people: The table of the subjects' risk factors and events; nil for none.
  package init(
    subjects: Int, seed: UInt64, matrix: Int, slices: Int?, scanProtocol: PhantomProtocol,
    minimumRank: Double = 0, anomalies: Bool = false, anatomy: URL? = nil, heart: URL? = nil,
    without: Set<Realism> = [], people: PhantomPeople? = nil
  ) {
    self.people = people
    self.anatomy = anatomy
    self.heart = heart
    self.subjects = subjects
    hasAnomalies = anomalies
    options = PhantomOptions(
      seed: seed, matrix: matrix, slices: slices,
      scanProtocol: scanProtocol, ranks: minimumRank...1, without: without)
  }

  private var isGated: Bool { options.scanProtocol == .gated }
  /// The release's folder below the cohort's.
  private var rootName: String { isGated ? "Gated_release_final" : "deidentified_nongated" }
  var patientsName: String { isGated ? "\(rootName)/patient" : rootName }
  private var annotationsName: String { isGated ? "\(rootName)/calcium_xml" : "calcium_xml" }
  /// The first id of the subjects with an anomaly: the next thousand; of chest CTs one that is far
  /// enough away for the ids to be two runs.
  private var firstAnomaly: Int {
    max(1, (subjects + 999) / 1000 + (isGated || subjects < 900 ? 0 : 1)) * 1000
  }

  /// One subject to write.
  private struct Work: Sendable {
    let id: Int
    var gated: PhantomAnomaly?
    var chest: NonGatedAnomaly?
  }

  private var work: [Work] {
    var work = (0..<subjects).map { Work(id: $0) }
    guard hasAnomalies else { return work }
    let first = firstAnomaly
    if isGated {
      work += PhantomAnomaly.allCases.enumerated().map { Work(id: first + $0, gated: $1) }
    } else {
      work += NonGatedAnomaly.allCases.enumerated().map { offset, anomaly in
        Work(id: first + (anomaly == .strayID ? max(790, subjects) : offset), chest: anomaly)
      }
    }
    return work
  }

  /// Writes the cohort, `jobs` subjects at a time; returns a sentence about it.
  ///
  /// - Throws: `WorkflowError` where the folder holds a cohort of other options; `FileError` where
  ///   it cannot be written.
  package func write(to folder: URL, jobs: Int, progress: @escaping ProgressHandler) async throws
    -> String
  {
    let parts = try meshes()
    try requireSameOptions(in: folder)
    try Folder.create(folder.appendingPathComponent(annotationsName))
    try Folder.create(folder.appendingPathComponent(patientsName))
    let lock = try FolderLock(folder)
    defer { withExtendedLifetime(lock) {} }
    for name in [annotationsName, patientsName] {
      try lock.removeStaged(in: folder.appendingPathComponent(name))
    }
    try lock.removeStaged(in: folder)
    let work = work
    let atlas = try parts.map { try BodyAtlas(bodyParts3D: $0.body, heart: $0.heart) }
    let counter = ProgressCounter("phantom", total: work.count, handler: progress)
    let rows = try await work.concurrentMap(width: jobs) { item in
      // The missing id belongs to no subject, so there is nothing to write.
      let row =
        item.chest == .missingID
        ? Row(absent: item) : try await writeSubject(item, atlas, to: folder)
      await counter.advance("subject \(item.id)")
      return row
    }
    let made = rows.filter { !$0.cells.isEmpty }
    let header =
      ["id", "agatston", "volume_mm3", "mass_mg", "lesions", "annotation_agatston"]
      + Artery.allCases.flatMap { ["\($0.abbreviation)_volume_mm3", "\($0.abbreviation)_lesions"] }
    try StagedFile.write(
      CSVTable(header: header, rows: made.map(\.cells)).text,
      to: folder.appendingPathComponent("truth.csv"))
    try people?.write(made.map { ($0.work.id, $0.agatston) }, seed: options.seed)
    var expected = ExpectedFindings()
    for row in rows where row.anomaly != nil || !row.codes.isEmpty {
      expected.add(
        "\(row.work.id)", row.anomaly ?? "by chance", codes: row.codes.map(\.rawValue),
        notes: row.note.map { [$0.rawValue] } ?? [])
    }
    if !isGated { try writeScores(rows, to: folder, &expected) }
    if hasAnomalies {
      try StagedFile.write(
        "\u{0}\u{0}\u{0}\u{1}Bud1",
        to: folder.appendingPathComponent("\(isGated ? annotationsName : rootName)/.DS_Store"))
      try StagedFile.write(expected.text, to: folder.appendingPathComponent("anomalies.csv"))
    }
    let diseased = made.count(where: \.hasCalcium)
    let odd = rows.count { $0.anomaly != nil }
    return "\(counted(made.count, "subject")), \(diseased) with calcium"
      + (odd == 0 ? "" : ", \(odd) with an anomaly")
      + ", in \(folder.appendingPathComponent(rootName).path)"
  }

  /// Writes the same subjects once more as later scans show them, into another folder, and what became of
  /// each plaque to its `follow-up.csv`.
  package func writeFollowUp(to folder: URL, jobs: Int, progress: @escaping ProgressHandler)
    async throws -> String
  {
    var later = self
    later.options.visit = 1
    // They are those of the first scan.
    later.people = nil
    let summary = try await later.write(to: folder, jobs: jobs, progress: progress)
    let atlas = try meshes().map { try BodyAtlas(bodyParts3D: $0.body, heart: $0.heart) }
    var rows: [[String]] = []
    for id in 0..<subjects {
      for change in try phantomFollowUp(id: id, options: options, atlas: atlas) {
        rows.append(
          ["\(id)", change.artery.abbreviation, change.state.rawValue]
            + [change.place.x, change.place.y, change.place.z].map { decimal($0, 2) }
            + [decimal(change.volumeBefore, 3), decimal(change.volumeAfter, 3)])
      }
    }
    let header = [
      "id", "artery", "state", "x_mm", "y_mm", "z_mm", "volume_before_mm3", "volume_after_mm3",
    ]
    try StagedFile.write(
      CSVTable(header: header, rows: rows).text,
      to: folder.appendingPathComponent("follow-up.csv"))
    return summary
  }

  /// The archive of meshes and another heart for them; `nil` for subjects without meshes.
  private func meshes() throws -> (body: MeshArchive, heart: ReferenceHeart?)? {
    try anatomy.map {
      let graft = try heart.map { url in
        try ReferenceHeart(BinaryGLTF(FileBytes.read(url), name: url.path), name: url.path)
      }
      return (try MeshArchive(zip: $0), graft)
    }
  }

  private struct Row: Sendable {
    let work: Work
    /// The subject's row of truth.csv; empty for an id that nobody has.
    let cells: [String]
    let hasCalcium: Bool
    /// The true Agatston score.
    let agatston: Double
    /// The scores of the paired gated scan of a chest CT.
    let scores: [Artery: Double]
    /// The findings that an audit reports, by design or by chance.
    let codes: Set<FindingCode>

    var anomaly: String? { work.gated?.rawValue ?? work.chest?.rawValue }
    var note: FindingCode? { work.gated?.note ?? work.chest?.note }

    init(
      work: Work, cells: [String], hasCalcium: Bool, agatston: Double,
      scores: [Artery: Double], codes: Set<FindingCode>
    ) {
      self.work = work
      self.cells = cells
      self.hasCalcium = hasCalcium
      self.agatston = agatston
      self.scores = scores
      self.codes = codes
    }

    /// The row of the missing id, which belongs to no subject.
    init(absent work: Work) {
      self.init(
        work: work, cells: [], hasCalcium: false, agatston: 0, scores: [:],
        codes: work.chest?.codes ?? [])
    }
  }

  /// Writes the scores of chest CTs and adds the findings about the workbook as a whole.
  private func writeScores(_ rows: [Row], to folder: URL, _ expected: inout ExpectedFindings)
    throws
  {
    var scores = PhantomScores()
    for row in rows { scores.add(row.work.id, row.scores, row.work.chest) }
    if hasAnomalies {
      expected.add(
        scores.addOddRow(), "an id that is no number", codes: [FindingCode.oddID.rawValue])
    }
    // The header of the release has a blank.
    expected.add(
      ScoresFile.usualName, "a blank in the header", codes: [],
      notes: [FindingCode.oddHeader.rawValue])
    try scores.sheet.write(
      to: folder.appendingPathComponent("\(rootName)/\(ScoresFile.usualName)"))
  }

  private func key(_ id: Int) -> String {
    "phantom \(options.seed) \(options.ranks.lowerBound) \(options.matrix) "
      + "\(options.scanProtocol.name) \(id)" + (anatomy == nil ? "" : " anatomy")
      + options.without.map { " without \($0.rawValue)" }.sorted().joined()
      + (heart == nil ? "" : " heart") + (options.visit == 0 ? "" : " visit \(options.visit)")
  }

  private func writeSubject(
    _ work: Work, _ atlas: BodyAtlas?, to folder: URL
  ) async throws -> Row {
    let id = work.id
    var generator = KeyedSequence(seed: options.seed, stream: id)
    func annotate(_ labels: Volume<UInt8>, _ ct: Volume<Int16>) throws -> Annotation {
      try AnnotationWriter().annotation(of: labels, ct: ct, subject: "\(id)", using: &generator)
    }
    let subject: PhantomSubject
    var files: PhantomFiles
    if let anomaly = work.gated {
      let base = try await suitable(id, atlas)
      subject = base.subject
      files = try anomaly.files(of: base, annotate: annotate)
    } else {
      subject = try await phantomSubject(id: id, options: options, atlas: atlas)
      files = PhantomFiles(
        subject, annotation: subject.hasCalcium ? try annotate(subject.labels, subject.ct) : nil,
        folder: isGated
          ? PhantomFiles.seriesFolder(subject.acquisition)
          : work.chest == .missingInnerFolder ? "" : "\(id)", key: key(id))
    }
    let hasStudy = work.chest?.hasStudy ?? true
    if !hasStudy { (files.series, files.annotation) = ([], nil) }
    if work.chest == .noise {
      files.spoil = { patient in
        for name in [".DS_Store", "\(id)/.DS_Store", "\(id)/._IM0001.dcm"] {
          try StagedFile.write("\u{0}\u{0}\u{0}\u{1}Bud1", to: patient.appendingPathComponent(name))
        }
      }
    }
    try files.annotation?.write(
      to: folder.appendingPathComponent("\(annotationsName)/\(id).xml"))
    // The patient folder is written last: where it exists, the subject is complete.
    let patient = folder.appendingPathComponent("\(patientsName)/\(id)")
    if !files.series.isEmpty, !Folder.isFolder(patient) { try files.writeSeries(to: patient) }
    let score = try Agatston.score(
      ct: subject.ct, mask: subject.labels, options: .init(labels: .arteries, kilovoltage: 120))
    let total = subject.truth.total
    var cells = [
      "\(id)", decimal(total.agatston, 3), decimal(total.volume, 3), decimal(total.mass, 3),
      "\(total.lesions)", decimal(score.agatston, 3),
    ]
    for artery in Artery.allCases {
      let truth = subject.truth.arteries[artery]
      cells += [decimal(truth?.volume ?? 0, 3), "\(truth?.lesions ?? 0)"]
    }
    var codes = work.gated?.codes ?? work.chest?.codes ?? []
    if hasStudy, hasAnomalies { codes.formUnion(self.codes(of: subject)) }
    // The id of a single subject is far from those of the anomalies.
    if !isGated, hasAnomalies, subjects == 1, work.chest == nil { codes.insert(.strayID) }
    return Row(
      work: work, cells: cells, hasCalcium: subject.hasCalcium, agatston: total.agatston,
      scores: isGated
        ? [:]
        : try await PhantomScores.pairedScan(
          id: id, options: options, atlas: atlas),
      codes: codes)
  }

  /// The findings that an audit reports for a subject without a planted anomaly.
  private func codes(of subject: PhantomSubject) -> Set<FindingCode> {
    var codes: Set<FindingCode> = []
    if subject.ct.voxels.contains(where: { $0 >= 3071 }) { codes.insert(.metal) }
    if isGated, abs(subject.ct.geometry.spacing.z - 3) > 0.02 { codes.insert(.unusualIncrement) }
    return codes
  }

  /// A subject that an anomaly can be made of: enough calcium, no metal of its own.
  ///
  /// The first of the subjects `id`, `id` + 100,000, … that is suitable.
  private func suitable(_ id: Int, _ atlas: BodyAtlas?) async throws -> PhantomAnomaly.Base {
    var options = options
    options.ranks = max(options.ranks.lowerBound, 0.75)...1
    for attempt in 0..<40 {
      let drawn = id + 100_000 * attempt
      let content = try phantomContent(id: drawn, options: options, atlas: atlas)
      guard content.hasPlaques, !content.hasMetal else { continue }
      let subject = try await phantomSubject(id: drawn, options: options, atlas: atlas)
      if let base = PhantomAnomaly.Base(subject, key: key(drawn)),
        !subject.ct.voxels.contains(where: { $0 >= 3071 })
      {
        return base
      }
    }
    throw WorkflowError(
      .invalid,
      "matrix \(options.matrix): too coarse for --anomalies, no subject has enough calcium in it; "
        + "take --matrix 64 or more")
  }
}
