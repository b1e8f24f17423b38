// SPDX-License-Identifier: Apache-2.0
import Agatston
import ArgumentParser
import Evaluation
import Files
import Foundation
import NIfTI

import Review
import ReviewArguments
import ReviewStore
import Scoring
import Studies
import Text
import Volume
import Workflow

/// `cac review export`.
struct Exporting {
  private let command: ReviewExport
  private let store: ReviewStore
  private let scans: [Scan]

  init(_ command: ReviewExport) throws {
    self.command = command
    store = try existingStore(command.store)
    scans = try ScanList(command.scans).scans
  }

  func run() throws {
    let verified = try store.verify()
    let output = command.output.map(path)
    let dataset = try command.dataset.map(datasetFolder)
    if let output { try Folder.create(output) }
    var rows: [ResultRow] = []
    var scores: [ScanScore] = []
    var remarks: [String] = []
    var leftOut: [LeftOut] = []
    for scan in scans {
      do {
        let subject = try ReviewCase(
          scan.load(command.scans.request.dicom), named: scan.id, command.scans.request)
        let readings = try chosen(subject)
        let states = try readings.map { try store.state(of: $0.id, groups: subject.groups) }
        for (reading, state) in zip(readings, states) where !command.unsigned && !state.isSigned {
          throw WorkflowError(
            .refused, "the reading of \(reading.user) is not signed; sign it, or add --unsigned")
        }
        let scored = try states.map { try subject.score($0) }
        guard
          let (reading, state, score) = zip(readings, zip(states, scored)).map({ ($0, $1.0, $1.1) })
            .last
        else { continue }
        let files = ReviewFiles(subject, state, reader: reading.user)
        var row = ResultRow(
          subject: scan.id,
          computed: SubjectScores(
            agatston: score.score.agatston, volume: score.score.volume, mass: score.score.mass,
            arteries: score.score.arteries?.mapValues(\.agatston) ?? [:]),
          convention: score.score.convention.convention.name,
          volumeMethod: score.score.volumeMethod)
        if scored.count == 2 {
          row.reference = SubjectScores(
            agatston: scored[0].score.agatston, volume: scored[0].score.volume,
            mass: scored[0].score.mass,
            arteries: scored[0].score.arteries?.mapValues(\.agatston) ?? [:])
          row.dice = try dice(subject.mask(of: state).mask, subject.mask(of: states[0]).mask)
        }
        rows.append(row)
        scores.append(
          ScanScore(
            score: score, rows: try store.rows(of: reading.id),
            reading: described(subject, state, reading.user)))
        remarks.append(files.remark)
        if let output { try write(files, scan.id, to: output) }
        if let dataset { try write(subject, state, scan.id, to: dataset) }
      } catch { leftOut.append(LeftOut(subject: scan.id, reason: "\(error)")) }
    }
    guard !rows.isEmpty else {
      throw WorkflowError(
        .nothingDone, "nothing was written; \(leftOut.first?.description ?? "no reading found")")
    }
    if let output { try writeTables(rows, scores, Set(remarks).sorted(), verified, to: output) }
    if let dataset { try describe(dataset, count: rows.count) }
    print("\(counted(rows.count, "reading")) written; last digest of the trail: \(verified.head)")
    if !leftOut.isEmpty {
      FileHandle.standardError.write(Data((LeftOut.list(leftOut) + "\n").utf8))
      throw ExitCode(3)
    }
  }

  private struct ScanScore {
    let score: StudyScore
    let rows: [TrailRow]
    let reading: ExportedReading
  }

  /// What other verbs need to know of a reading, beside its mask.
  private func described(
    _ subject: ReviewCase, _ state: ReviewState, _ reader: String
  ) -> ExportedReading {
    let origins = Set(state.lesions.values.map(\.origin))
    let signature = state.isSigned ? state.signatures.last : nil
    return ExportedReading(
      study: subject.name, mask: "masks/\(subject.name).nii.gz",
      hasArteries: subject.mask(of: state).labels == .arteries, reader: reader,
      isFromNothing: state.sources.isEmpty && origins.isSubset(of: [.reader]),
      signature: signature?.name, signed: signature?.time)
  }

  /// The readings to write: one, or the two that are compared.
  private func chosen(_ subject: ReviewCase) throws -> [StoredReading] {
    guard try store.digest(of: subject.name) ?? subject.digest == subject.digest else {
      throw StoreError(
        .stale, "the scan is another one than the store knows by this name; its voxels differ")
    }
    let all = try store.readings(of: subject.name)
    func reading(of user: String) throws -> StoredReading {
      guard let found = all.first(where: { $0.user == user && !$0.isAdjudication }) else {
        throw WorkflowError(.missing, "\(user) has not read it")
      }
      return found
    }
    if !command.compare.isEmpty { return try command.compare.map(reading) }
    if let reader = command.reader { return [try reading(of: reader)] }
    if let adjudicated = all.first(where: \.isAdjudication) { return [adjudicated] }
    let signed = try store.summaries().filter { $0.study == subject.name && $0.isSigned }.map(
      \.user)
    guard let first = all.first(where: { signed.contains($0.user) }) ?? all.first else {
      throw WorkflowError(.missing, "nobody has read it")
    }
    return [first]
  }

  private func write(_ files: ReviewFiles, _ name: String, to folder: URL) throws {
    for (part, ending, write) in [
      ("masks", ".nii.gz", files.writeMask), ("all-labels", ".nii.gz", files.writeAllLabels),
    ] {
      let target = folder.appendingPathComponent(part)
      try Folder.create(target)
      try write(target.appendingPathComponent(name + ending))
    }
    let reports = folder.appendingPathComponent("reports")
    try Folder.create(reports)
    try StagedFile.write(files.report(), to: reports.appendingPathComponent(name + ".html"))
  }

  private func writeTables(
    _ rows: [ResultRow], _ scores: [ScanScore], _ remarks: [String],
    _ verified: ReviewStore.Verification, to folder: URL
  ) throws {
    let result = folder.appendingPathComponent("RESULT.csv")
    try ResultTable(rows: rows).write(to: result)
    try RunRecord(command: "review", remarks: remarks).write(beside: result)
    try ScoringOutcome(read: scores.map(\.score), remarks: remarks)
      .writeLesions(to: folder.appendingPathComponent("lesions.csv"))
    try JSONFile.write(
      TrailFile(head: verified.head, rows: scores.flatMap(\.rows)),
      to: folder.appendingPathComponent("trail.json"))
    let labels = Dictionary(
      uniqueKeysWithValues: ReviewLabel.allCases.map { ($0.word, $0.rawValue) })
    try JSONFile.write(labels, to: folder.appendingPathComponent("labels.json"))
    try JSONFile.write(
      scores.map(\.reading), to: folder.appendingPathComponent(ExportedReading.fileName))
  }

  private struct TrailFile: Encodable {
    let head: String
    let rows: [TrailRow]
  }

  // MARK: Data set

  private func datasetFolder(_ text: String) throws -> URL {
    let parts = text.split(separator: "_", maxSplits: 1)
    let number = (Int(parts[0]) ?? 0)
    let digits = String(repeating: "0", count: max(0, 3 - "\(number)".count)) + "\(number)"
    let folder = Roots(raw: command.raw).raw.appendingPathComponent("Dataset\(digits)_\(parts[1])")
    guard !Folder.isFolder(folder) else {
      throw WorkflowError(
        .refused, "\(folder.path): is there already; choose another number or name by --dataset")
    }
    return folder
  }

  private func write(
    _ subject: ReviewCase, _ state: ReviewState, _ name: String, to folder: URL
  ) throws {
    let (mask, labels) = subject.mask(of: state)
    guard labels == .arteries else {
      throw WorkflowError(
        .invalid, "has calcium of no named artery; give every lesion its artery for a data set")
    }
    let (images, targets) = (
      folder.appendingPathComponent("imagesTr"), folder.appendingPathComponent("labelsTr")
    )
    try Folder.create(images)
    try Folder.create(targets)
    try NIfTIFile.write(subject.scan.ct, to: images.appendingPathComponent("\(name)_0000.nii.gz"))
    try NIfTIFile.write(mask, to: targets.appendingPathComponent("\(name).nii.gz"))
  }

  private func describe(_ folder: URL, count: Int) throws {
    let text = """
      {
        "channel_names": {"0": "CT"},
        "labels": {"background": 0, "LM": 1, "LAD": 2, "LCX": 3, "RCA": 4},
        "numTraining": \(count),
        "file_ending": ".nii.gz"
      }

      """
    try StagedFile.write(text, to: folder.appendingPathComponent("dataset.json"))
    print("data set: \(folder.path)")
  }
}
