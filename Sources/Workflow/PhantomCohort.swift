// SPDX-License-Identifier: Apache-2.0
import Agatston
import COCA
import DICOM
import Files
package import Foundation
import Phantom
import Volume

/// Which kind of scan the synthetic cohort shows.
package enum ScanProtocol: String, CaseIterable, Sendable {
  /// A gated cardiac CT: small field of view, thin slices.
  case gated
  /// A chest CT: the whole thorax.
  case chest
}

/// Writes a synthetic cohort in COCA's layout: DICOM, OsiriX XML, `truth.csv`.
///
/// A subject whose folder is there already is kept, so an interrupted run goes on where it stopped;
/// the same options give the same bytes.
package struct PhantomCohort: Sendable {
  private let subjects: Int
  private let options: PhantomOptions
  private let hasAnomalies: Bool

  package init(
    subjects: Int, seed: UInt64, matrix: Int, slices: Int?, scanProtocol: ScanProtocol,
    minimumRank: Double = 0, anomalies: Bool = false
  ) {
    self.subjects = subjects
    hasAnomalies = anomalies
    options = PhantomOptions(
      seed: seed, matrix: matrix, slices: slices,
      scanProtocol: scanProtocol == .gated ? .gated : .chest, ranks: minimumRank...1)
  }

  private var isGated: Bool { options.scanProtocol == .gated }
  /// The release's folder below the cohort's.
  private var rootName: String { isGated ? "Gated_release_final" : "deidentified_nongated" }
  private var patientsName: String { isGated ? "\(rootName)/patient" : rootName }
  private var annotationsName: String { isGated ? "\(rootName)/calcium_xml" : "calcium_xml" }
  /// The first id of the subjects with an anomaly: the next thousand.
  private var firstAnomaly: Int { max(1, (subjects + 999) / 1000) * 1000 }

  /// Writes the cohort; returns a sentence about it.
  package func write(to folder: URL, jobs: Int, progress: @escaping ProgressHandler) async throws
    -> String
  {
    try requireSameOptions(in: folder)
    try Folder.create(folder.appendingPathComponent(annotationsName))
    try Folder.create(folder.appendingPathComponent(patientsName))
    let lock = try FolderLock(folder)
    defer { withExtendedLifetime(lock) {} }
    for name in [annotationsName, patientsName] {
      try lock.removeStaged(in: folder.appendingPathComponent(name))
    }
    try lock.removeStaged(in: folder)
    let anomalies = hasAnomalies && isGated ? PhantomAnomaly.allCases : []
    let work: [(id: Int, anomaly: PhantomAnomaly?)] =
      (0..<subjects).map { ($0, nil) }
      + anomalies.enumerated().map { (firstAnomaly + $0.offset, $0.element) }
    let counter = ProgressCounter("phantom", total: work.count, handler: progress)
    let rows = try await work.concurrentMap(width: jobs) { id, anomaly in
      let row = try await writeSubject(id, anomaly, to: folder)
      await counter.advance("subject \(id)")
      return row
    }
    let header =
      "id,agatston,volume_mm3,mass_mg,lesions,annotation_agatston,"
      + Artery.allCases.map { "\($0.abbreviation)_volume_mm3,\($0.abbreviation)_lesions" }
      .joined(separator: ",")
    try StagedFile.write(
      ([header] + rows.map(\.text)).joined(separator: "\n") + "\n",
      to: folder.appendingPathComponent("truth.csv"))
    if hasAnomalies {
      var expected = ExpectedFindings()
      for row in rows where row.anomaly != nil || !row.codes.isEmpty {
        expected.add(
          "\(row.id)", row.anomaly?.rawValue ?? "by chance",
          codes: row.codes.map(\.rawValue),
          notes: row.anomaly?.note.map { [$0.rawValue] } ?? [])
      }
      if isGated {
        try StagedFile.write(
          "\u{0}\u{0}\u{0}\u{1}Bud1",
          to: folder.appendingPathComponent("\(annotationsName)/.DS_Store"))
      }
      try StagedFile.write(expected.text, to: folder.appendingPathComponent("anomalies.csv"))
    }
    let diseased = rows.count(where: \.hasCalcium)
    return "\(rows.count) subjects, \(diseased) with calcium"
      + (anomalies.isEmpty ? "" : ", \(anomalies.count) with an anomaly")
      + ", in \(folder.appendingPathComponent(rootName).path)"
  }

  /// What the bytes of a subject depend on, kept in `phantom.json`.
  private struct Settings: Codable, Equatable {
    let seed: UInt64
    let matrix: Int
    let slices: Int?
    let scan: String
    // Absent unless they differ from the default, so that earlier cohorts stay what they are.
    let minimumRank: Double?
    let anomalies: Bool?
  }

  /// Subjects that are there already must be what these options would give.
  private func requireSameOptions(in folder: URL) throws {
    let settings = Settings(
      seed: options.seed, matrix: options.matrix, slices: options.slices,
      scan: options.scanProtocol.name,
      minimumRank: options.ranks.lowerBound > 0 ? options.ranks.lowerBound : nil,
      anomalies: hasAnomalies ? true : nil)
    let file = folder.appendingPathComponent("phantom.json")
    let patients = folder.appendingPathComponent(patientsName)
    if Folder.isFile(file) {
      let earlier = try JSONFile.read(Settings.self, from: file)
      guard earlier == settings else {
        throw WorkflowError(
          "\(folder.path): holds a cohort of other options (seed \(earlier.seed), matrix "
            + "\(earlier.matrix), slices \(earlier.slices.map(String.init) ?? "default"), "
            + "\(earlier.scan), rank \(earlier.minimumRank ?? 0)"
            + "\(earlier.anomalies == true ? ", anomalies" : "")); name another folder")
      }
    } else if try Folder.isFolder(patients) && !Folder.names(in: patients).isEmpty {
      throw WorkflowError(
        "\(folder.path): holds subjects, but no phantom.json that says how they were made; "
          + "name another folder")
    }
    try JSONFile.write(settings, to: file)
  }

  private struct Row: Sendable {
    let id: Int
    let text: String
    let hasCalcium: Bool
    var anomaly: PhantomAnomaly?
    /// What an audit finds, by design or by chance.
    var codes: Set<FindingCode> = []
  }

  private func key(_ id: Int) -> String {
    "phantom \(options.seed) \(options.ranks.lowerBound) \(options.matrix) "
      + "\(options.scanProtocol.name) \(id)"
  }

  private func writeSubject(_ id: Int, _ anomaly: PhantomAnomaly?, to folder: URL) async throws
    -> Row
  {
    var generator = KeyedSequence(seed: options.seed, stream: id)
    func annotate(_ labels: Volume<UInt8>, _ ct: Volume<Int16>) throws -> Annotation {
      try AnnotationWriter().annotation(of: labels, ct: ct, subject: "\(id)", using: &generator)
    }
    let subject: PhantomSubject
    var files: PhantomFiles
    if let anomaly {
      let base = try await suitable(id)
      subject = base.subject
      files = try anomaly.files(of: base, annotate: annotate)
    } else {
      subject = try await phantomSubject(id: id, options: options)
      files = PhantomFiles(
        subject, annotation: subject.hasCalcium ? try annotate(subject.labels, subject.ct) : nil,
        folder: isGated ? PhantomFiles.seriesFolder(subject.acquisition) : "\(id)", key: key(id))
    }
    try files.annotation?.write(
      to: folder.appendingPathComponent("\(annotationsName)/\(id).xml"))
    // The patient folder comes last: where it is, the subject is complete.
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
    return Row(
      id: id, text: cells.joined(separator: ","), hasCalcium: subject.hasCalcium, anomaly: anomaly,
      codes: (anomaly?.codes ?? []).union(Self.codes(of: subject)))
  }

  /// What an audit finds in a subject of the generator as it is.
  private static func codes(of subject: PhantomSubject) -> Set<FindingCode> {
    var codes: Set<FindingCode> = []
    if subject.ct.voxels.contains(where: { $0 >= 3071 }) { codes.insert(.metal) }
    if abs(subject.ct.geometry.spacing.z - 3) > 0.02 { codes.insert(.unusualIncrement) }
    return codes
  }

  /// A subject that an anomaly can be made of: enough calcium, no metal of its own.
  ///
  /// The first of the subjects `id`, `id` + 100,000, … that is suitable.
  private func suitable(_ id: Int) async throws -> PhantomAnomaly.Base {
    var options = options
    options.ranks = max(options.ranks.lowerBound, 0.75)...1
    for attempt in 0..<40 {
      let drawn = id + 100_000 * attempt
      let content = try phantomContent(id: drawn, options: options)
      guard content.hasPlaques, !content.hasMetal else { continue }
      let subject = try await phantomSubject(id: drawn, options: options)
      if let base = PhantomAnomaly.Base(subject, key: key(drawn)),
        !subject.ct.voxels.contains(where: { $0 >= 3071 })
      {
        return base
      }
    }
    throw WorkflowError(
      "matrix \(options.matrix): too coarse for --anomalies, no subject has enough calcium in it; "
        + "take --matrix 64 or more")
  }
}
