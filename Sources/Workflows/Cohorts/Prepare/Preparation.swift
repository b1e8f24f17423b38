// SPDX-License-Identifier: Apache-2.0
package import Agatston
package import COCA
import Concurrency
import Files
package import Foundation
import NNUNet
package import Studies
import Text
package import Workflow

/// Turns a COCA tree into a raw data set of nnU-Net.
///
/// ```swift
/// let preparation = try Preparation(
///   root: release, dataset: "501_COCA", dimension: .threeD, slices: .all, labels: .calcium,
///   test: .fraction(0.2, seed: 1), fill: .exact, implicitZeros: .keep, roots: Roots())
/// let report = try await preparation.run(jobs: 2) { print($0) }
/// ```
package struct Preparation: Sendable {
  /// What one image file of the data set holds.
  package enum Dimension: String, CaseIterable, Codable, Sendable {
    /// A slice: as the Erasmus study did. Folds keep the slices of a subject together.
    case twoD = "2d"
    /// A subject, for the 2d and the 3d configurations alike.
    case threeD = "3d"
  }
  /// Which slices a 2D data set holds.
  package enum Slices: String, CaseIterable, Codable, Sendable { case all, annotated }
  /// What becomes of subjects without an annotation, who have no calcium.
  package enum ImplicitZeros: String, CaseIterable, Codable, Sendable { case keep, drop }
  /// The subjects that are held out for testing.
  package enum Test: Sendable {
    /// No subject.
    case none
    /// The subjects that a file lists.
    case ids(URL)
    /// A share of the subjects, stratified by risk class.
    case fraction(Double, seed: UInt64)
  }

  /// The root of the COCA tree.
  let root: URL
  /// The data set's folder below nnU-Net's raw data.
  let folder: URL
  let dimension: Dimension
  let slices: Slices
  let labels: MaskLabels
  let test: Test
  let fill: ContourFill
  let implicitZeros: ImplicitZeros
  let dicom: DICOMInput
  /// libdeflate's compression level for the NIfTI files, 0 to 12.
  let compression: Int

  /// A preparation for a data set.
  ///
  /// - Throws: `WorkflowError` where the data set's name is not `number_name`, or another data set
  ///   has the number.
  package init(
    root: URL, dataset: String, dimension: Dimension, slices: Slices, labels: MaskLabels,
    test: Test,
    fill: ContourFill, implicitZeros: ImplicitZeros, compression: Int = 1, roots: Roots,
    dicom: DICOMInput = .init()
  ) throws {
    let parts = dataset.split(separator: "_", maxSplits: 1)
    let isWord = { (text: Substring) in
      !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
    guard parts.count == 2, let id = Int(parts[0]), (0...999).contains(id), isWord(parts[1]) else {
      throw WorkflowError(
        .invalid,
        "--dataset \(dataset): give a number from 0 to 999 and a name of letters and digits, "
          + "for example 501_COCA")
    }
    self.root = root
    self.dimension = dimension
    self.slices = slices
    self.labels = labels
    self.test = test
    self.fill = fill
    self.implicitZeros = implicitZeros
    self.dicom = dicom
    self.compression = compression
    let digits = "\(id)".zeroPadded(to: 3)
    folder = roots.raw.appendingPathComponent("Dataset\(digits)_\(parts[1])")
    // nnU-Net finds a data set by its number, which therefore must have one name only.
    let others = (try? Folder.names(in: roots.raw)) ?? []
    if let other = others.first(where: {
      $0.hasPrefix("Dataset\(digits)_") && $0 != folder.lastPathComponent
    }) {
      throw WorkflowError(
        .refused, "\(roots.raw.path): the number \(id) is taken by \(other); choose another number")
    }
  }

  /// A subject with its annotation, which is read once.
  struct Candidate: Sendable {
    let location: SubjectLocation
    let annotation: Result<Annotation, COCAError>?
  }

  /// Prepares every subject, `jobs` at a time, and writes the report.
  ///
  /// - Throws: `WorkflowError` where no subject could be prepared; `FileError` where the data set
  ///   cannot be written.
  ///
  /// A subject that an earlier run has finished, from the same files with the same options, is
  /// kept.
  package func run(jobs: Int, progress: @escaping ProgressHandler) async throws -> PrepareReport {
    let candidates = try await candidates(jobs: jobs)
    let (testIDs, notes) = try heldOut(candidates)
    for name in Self.parts { try Folder.create(folder.appendingPathComponent(name)) }
    let lock = try FolderLock(folder)
    defer { withExtendedLifetime(lock) {} }
    for name in Self.parts { try lock.removeStaged(in: folder.appendingPathComponent(name)) }
    try lock.removeStaged(in: folder)
    // They are removed first, so that an interrupted preparation is not taken for a complete one.
    for name in Self.summaries { try Folder.remove(folder.appendingPathComponent(name)) }
    let counter = ProgressCounter("prepare", total: candidates.count, handler: progress)
    let records = try await candidates.concurrentMap(width: jobs) { candidate in
      try Task.checkCancellation()
      let id = candidate.location.id
      let isTest = testIDs.contains(id)
      let key = try madeFrom(candidate.location, isTest: isTest)
      if let record = finished(candidate.location, key: key) {
        await counter.advance("subject \(id), done before")
        return record
      }
      let record = try prepare(candidate, isTest: isTest, madeFrom: key)
      await counter.advance("subject \(id)")
      return record
    }
    let report = PrepareReport(
      dataset: folder.lastPathComponent, dimension: dimension, slices: slices, labels: labels,
      contourFill: fill, subjects: records.map(\.subject), notes: notes.isEmpty ? nil : notes)
    try removeStale(besides: records)
    guard report.trainingCases > 0 else {
      throw WorkflowError(
        .nothingDone,
        "\(root.path): no subject could be prepared for training; the first reason is: "
          + (report.subjects.compactMap(\.leftOut).first ?? "all subjects are test subjects"))
    }
    if dimension == .twoD { try writeSplits(report) }
    try JSONFile.write(report, to: folder.appendingPathComponent("prepare-report.json"))
    try StagedFile.write(report.text, to: folder.appendingPathComponent("prepare-report.txt"))
    try StagedFile.write(
      report.acquisitionCSV, to: folder.appendingPathComponent("acquisition.csv"))
    // dataset.json is written last: where it exists, the data set is complete.
    try describe(report).write(to: folder.appendingPathComponent("dataset.json"))
    return report
  }

  private static let summaries = [
    "dataset.json", "splits_final.json", "prepare-report.json", "prepare-report.txt",
    "acquisition.csv",
  ]
  private static let parts = [
    "imagesTr", "labelsTr", "imagesTs", "labelsTs", "overlays", recordsName,
  ]

  /// The subjects of the tree, in its order, with their annotations.
  private func candidates(jobs: Int) async throws -> [Candidate] {
    var subjects = try COCATree.discover(root)
    guard subjects.contains(where: { $0.annotation != nil }) else {
      throw WorkflowError(
        .missing,
        "\(root.path): holds no annotation, so every subject would count as free of calcium; name "
          + "the folder around calcium_xml and patient")
    }
    if implicitZeros == .drop { subjects.removeAll { $0.annotation == nil } }
    var names: [String: String] = [:]
    for subject in subjects {
      let name = Self.caseName(subject.id)
      if let other = names.updateValue(subject.id, forKey: name) {
        throw WorkflowError(
          .invalid,
          "\(root.path): the subjects \(other) and \(subject.id) would both become \(name); "
            + "rename one of them")
      }
    }
    return await subjects.concurrentMap(width: jobs) {
      Candidate(location: $0, annotation: $0.readAnnotation())
    }
  }

  /// Removes files of earlier preparations that this one did not make, for example of a subject
  /// that is left out now.
  private func removeStale(besides records: [PrepareRecord]) throws {
    let current = Set(
      records.flatMap { record in
        record.outputs.map(\.path)
          + (record.subject.leftOut == nil ? [Self.recordPath(record.subject.id)] : [])
      })
    for part in Self.parts {
      for name in try Folder.names(in: folder.appendingPathComponent(part))
      where name.hasPrefix("cac_") && !current.contains("\(part)/\(name)") {
        try Folder.remove(folder.appendingPathComponent("\(part)/\(name)"))
      }
    }
  }

  /// The ids of the test subjects, and what was taken for what in the list of them.
  private func heldOut(
    _ candidates: [Candidate]
  ) throws -> (ids: Set<String>, notes: [String]) {
    switch test {
    case .none: return ([], [])
    case .ids(let file):
      let (ids, notes) = try TestSplit.ids(from: file, known: candidates.map(\.location.id))
      return (Set(ids), notes)
    case .fraction(let fraction, let seed):
      // A subject whose annotation cannot be read is left out later, wherever it lands here.
      let classes = candidates.map { candidate in
        let annotation = try? candidate.annotation?.get()
        return (
          id: candidate.location.id,
          riskClass: (annotation.map { ReferenceScore($0) } ?? .zero).riskClass
        )
      }
      var generator = KeyedSequence(seed: seed, stream: 0)
      let ids = try TestSplit.stratified(classes, fraction: fraction, using: &generator)
      return (Set(ids), [])
    }
  }

  private func describe(_ report: PrepareReport) throws -> DatasetDescription {
    try DatasetDescription(
      channelNames: ["CT"],
      labels: LabelScheme(
        foreground: labels == .calcium ? ["calcium"] : ["LM", "LAD", "LCX", "RCA"]),
      numTraining: report.trainingCases)
  }

  /// Folds over subjects, written only where there are enough of them.
  private func writeSplits(_ report: PrepareReport) throws {
    let training = report.subjects.filter { !$0.isTest && $0.leftOut == nil }
    guard training.count(where: { !$0.cases.isEmpty }) >= 5 else { return }
    let subjectOf = Dictionary(
      uniqueKeysWithValues: training.flatMap { subject in subject.cases.map { ($0, subject.id) } })
    try Splits(identifiers: training.flatMap(\.cases), group: { subjectOf[$0] ?? $0 })
      .write(to: folder.appendingPathComponent("splits_final.json"))
  }
}
