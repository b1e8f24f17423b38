// SPDX-License-Identifier: Apache-2.0
import COCA
import Files
package import Foundation
import NNUNet

/// Turns a COCA tree into a raw data set of nnU-Net.
package struct Preparation: Sendable {
  /// What one file of the data set holds.
  package enum Dimension: String, CaseIterable, Codable, Sendable {
    /// A slice: as the seed study did. Folds keep the slices of a subject together.
    case twoD = "2d"
    /// A subject: serves the 2d and the 3d configurations alike.
    case threeD = "3d"
  }
  /// Which slices a 2D data set holds.
  package enum Slices: String, CaseIterable, Codable, Sendable { case all, annotated }
  /// One label, or one for each artery.
  package enum Labels: String, CaseIterable, Codable, Sendable { case calcium, arteries }
  /// How a contour becomes a mask.
  package enum Fill: String, CaseIterable, Codable, Sendable { case exact, seed }
  /// What becomes of subjects without an annotation, who have no calcium.
  package enum ImplicitZeros: String, CaseIterable, Codable, Sendable { case keep, drop }
  /// Who is held out for testing.
  package enum Test: Sendable {
    /// Nobody.
    case none
    /// The subjects that a file lists.
    case ids(URL)
    /// A share of the subjects, stratified by risk class.
    case fraction(Double, seed: UInt64)
  }

  let root: URL
  let folder: URL
  let dimension: Dimension
  let slices: Slices
  let labels: Labels
  let test: Test
  let fill: Fill
  let implicitZeros: ImplicitZeros
  let dicom: DICOMInput

  /// A preparation; throws if the data set's name is no `number_name`.
  package init(
    root: URL, dataset: String, dimension: Dimension, slices: Slices, labels: Labels, test: Test,
    fill: Fill, implicitZeros: ImplicitZeros, roots: Roots, dicom: DICOMInput = .init()
  ) throws {
    let parts = dataset.split(separator: "_", maxSplits: 1)
    let isWord = { (text: Substring) in
      !text.isEmpty && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
    }
    guard parts.count == 2, let id = Int(parts[0]), (0...999).contains(id), isWord(parts[1]) else {
      throw WorkflowError(
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
    let digits = String(repeating: "0", count: max(0, 3 - "\(id)".count)) + "\(id)"
    folder = roots.raw.appendingPathComponent("Dataset\(digits)_\(parts[1])")
    // nnU-Net finds a data set by its number, so a number with two names is of no use to it.
    let others = (try? Folder.names(in: roots.raw)) ?? []
    if let other = others.first(where: {
      $0.hasPrefix("Dataset\(digits)_") && $0 != folder.lastPathComponent
    }) {
      throw WorkflowError(
        "\(roots.raw.path): the number \(id) is taken by \(other); choose another number")
    }
  }

  /// Prepares every subject, `jobs` at a time, and writes the report.
  package func run(jobs: Int, progress: @escaping ProgressHandler) async throws -> PrepareReport {
    var subjects = try COCATree.discover(root)
    if implicitZeros == .drop { subjects.removeAll { $0.annotation == nil } }
    let testIDs = try heldOut(subjects)
    for name in Self.parts { try Folder.create(folder.appendingPathComponent(name)) }
    // Without them an interrupted preparation is not taken for a whole one.
    for name in ["dataset.json", "splits_final.json", "prepare-report.json"] {
      try? FileManager.default.removeItem(at: folder.appendingPathComponent(name))
    }
    let counter = ProgressCounter("prepare", total: subjects.count, handler: progress)
    let entries = try await subjects.concurrentMap(width: jobs) { subject in
      try Task.checkCancellation()
      let entry = try prepare(subject, isTest: testIDs.contains(subject.id))
      await counter.advance("subject \(subject.id)")
      return entry
    }
    let report = PrepareReport(
      dataset: folder.lastPathComponent, dimension: dimension, slices: slices, labels: labels,
      contourFill: fill, subjects: entries)
    removeStale(besides: report)
    guard report.trainingCases > 0 else {
      throw WorkflowError(
        "\(root.path): no subject could be prepared for training; the first reason is: "
          + (entries.compactMap(\.leftOut).first ?? "all subjects are test subjects"))
    }
    try describe(report).write(to: folder.appendingPathComponent("dataset.json"))
    if dimension == .twoD { try writeSplits(report) }
    try JSONFile.write(report, to: folder.appendingPathComponent("prepare-report.json"))
    return report
  }

  private static let parts = ["imagesTr", "labelsTr", "imagesTs", "labelsTs", "overlays"]

  /// Removes cases of an earlier preparation: other test subjects, or a subject left out now.
  private func removeStale(besides report: PrepareReport) {
    let training = Set(report.subjects.filter { !$0.isTest }.flatMap(\.cases))
    let test = Set(report.subjects.filter(\.isTest).flatMap(\.cases))
    for part in Self.parts where part != "overlays" {
      let place = folder.appendingPathComponent(part)
      let kept = part.hasSuffix("Tr") ? training : test
      for name in (try? Folder.names(in: place)) ?? [] where name.hasPrefix("cac_") {
        // Images carry the channel's number, labels do not.
        let id = part.hasPrefix("images") ? Scan.caseID(name) : Scan.stem(name)
        if !kept.contains(id) {
          try? FileManager.default.removeItem(at: place.appendingPathComponent(name))
        }
      }
    }
  }

  /// The ids of the test subjects.
  private func heldOut(_ subjects: [SubjectLocation]) throws -> Set<String> {
    switch test {
    case .none: return []
    case .ids(let file): return Set(try TestSplit.ids(from: file, known: subjects.map(\.id)))
    case .fraction(let fraction, let seed):
      // A subject whose annotation cannot be read is left out later, wherever it lands here.
      let classes = subjects.map { subject in
        let annotation = subject.annotation.flatMap { try? Annotation(contentsOf: $0) }
        return (
          id: subject.id, riskClass: (annotation.map { ReferenceScore($0) } ?? .zero).riskClass
        )
      }
      var generator = KeyedSequence(seed: seed, stream: 0)
      return Set(try TestSplit.stratified(classes, fraction: fraction, using: &generator))
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
