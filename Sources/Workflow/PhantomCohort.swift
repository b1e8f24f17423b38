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

  package init(
    subjects: Int, seed: UInt64, matrix: Int, slices: Int?, scanProtocol: ScanProtocol,
    minimumRank: Double = 0
  ) {
    self.subjects = subjects
    options = PhantomOptions(
      seed: seed, matrix: matrix, slices: slices,
      scanProtocol: scanProtocol == .gated ? .gated : .chest, ranks: minimumRank...1)
  }

  /// Writes the cohort; returns a sentence about it.
  package func write(to folder: URL, jobs: Int, progress: @escaping ProgressHandler) async throws
    -> String
  {
    let root = folder.appendingPathComponent("Gated_release_final")
    try requireSameOptions(in: folder)
    try Folder.create(root.appendingPathComponent("calcium_xml"))
    try Folder.create(root.appendingPathComponent("patient"))
    let counter = ProgressCounter("phantom", total: subjects, handler: progress)
    let rows = try await (0..<subjects).concurrentMap(width: jobs) { id in
      let row = try await writeSubject(id, to: root)
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
    let diseased = rows.count(where: \.hasCalcium)
    return "\(subjects) subjects, \(diseased) with calcium, in \(root.path)"
  }

  /// What the bytes of a subject depend on, kept in `phantom.json`.
  private struct Settings: Codable, Equatable {
    let seed: UInt64
    let matrix: Int
    let slices: Int?
    let scan: String
  }

  /// Subjects that are there already must be what these options would give.
  private func requireSameOptions(in folder: URL) throws {
    let settings = Settings(
      seed: options.seed, matrix: options.matrix, slices: options.slices,
      scan: options.scanProtocol.name)
    let file = folder.appendingPathComponent("phantom.json")
    let patients = folder.appendingPathComponent("Gated_release_final/patient")
    if Folder.isFile(file) {
      let earlier = try JSONFile.read(Settings.self, from: file)
      guard earlier == settings else {
        throw WorkflowError(
          "\(folder.path): holds a cohort of other options (seed \(earlier.seed), matrix "
            + "\(earlier.matrix), slices \(earlier.slices.map(String.init) ?? "default"), "
            + "\(earlier.scan)); name another folder")
      }
    } else if try Folder.isFolder(patients) && !Folder.names(in: patients).isEmpty {
      throw WorkflowError(
        "\(folder.path): holds subjects, but no phantom.json that says how they were made; "
          + "name another folder")
    }
    try JSONFile.write(settings, to: file)
  }

  /// As in COCA, file names count downwards: the first file is the highest slice.
  private func fileName(slice: Int, of count: Int) -> String {
    let digits = "\(count - slice)"
    return "IM" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + ".dcm"
  }

  private struct Row: Sendable {
    let text: String
    let hasCalcium: Bool
  }

  private func writeSubject(_ id: Int, to root: URL) async throws -> Row {
    let subject = try await phantomSubject(id: id, options: options)
    let acquisition = subject.acquisition
    let slices = subject.ct.extent.slices
    let series = "Pro_Gated_CS_\(decimal(acquisition.thickness))_\(acquisition.kernel.name)"
    let patient = root.appendingPathComponent("patient/\(id)")
    let key =
      "phantom \(options.seed) \(options.ranks.lowerBound) \(options.matrix) \(options.scanProtocol.name) \(id)"
    if subject.hasCalcium {
      var generator = KeyedSequence(seed: options.seed, stream: id)
      let annotation = try AnnotationWriter().annotation(
        of: subject.labels, ct: subject.ct, subject: "\(id)", using: &generator)
      try annotation.write(to: root.appendingPathComponent("calcium_xml/\(id).xml"))
    }
    // The patient folder comes last: where it is, the subject is complete.
    if !Folder.isFolder(patient) {
      try Folder.write(to: patient) { staged in
        try DICOMWriter.write(
          subject.ct, to: staged.appendingPathComponent(series),
          options: DICOMSeriesOptions(
            identifiersFrom: key,
            acquisition: Acquisition(
              kilovolts: acquisition.kilovoltage, kernel: acquisition.kernel.name,
              sliceThickness: acquisition.thickness,
              manufacturer: acquisition.kernel.manufacturer),
            fileName: { fileName(slice: $0, of: slices) }))
      }
    }
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
    return Row(text: cells.joined(separator: ","), hasCalcium: subject.hasCalcium)
  }
}
