// SPDX-License-Identifier: Apache-2.0
import COCA
import Files
import Foundation
import Studies
import Workflow

/// The files that a preparation made of one subject, and a digest of their inputs.
///
/// It is written after the subject's files: where it exists and still matches, the subject is done.
struct PrepareRecord: Codable, Sendable {
  /// A file of the data set, by its path below it.
  struct Output: Codable, Hashable, Sendable {
    let path: String
    let size: Int
  }

  /// A digest of the options and of the names, sizes and times of all input files.
  let madeFrom: String
  let subject: PrepareReport.Subject
  let outputs: [Output]

  private enum CodingKeys: String, CodingKey {
    case subject, outputs
    case madeFrom = "made_from"
  }
}

extension Preparation {
  /// The folder of the records, below the data set's.
  static let recordsName = "records"
  /// The version of the records' meaning; another number makes every subject anew.
  private static let format = 2

  /// The path of a subject's record below the data set's folder.
  static func recordPath(_ id: String) -> String { "\(recordsName)/\(caseName(id)).json" }

  /// A digest of the options and of the input files that a subject's files depend on.
  func madeFrom(_ subject: SubjectLocation, isTest: Bool) throws -> String {
    var lines = [
      "\(Self.format) \(RunRecord.version) \(dimension) \(slices) \(labels) \(fill) "
        + "\(compression) \(dicom.fillGaps) \(dicom.allowTruncated) \(isTest) \(subject.id)"
    ]
    if let annotation = subject.annotation { lines.append(Self.line("annotation", annotation)) }
    if let series = subject.dicomFolder { Self.list(series, "", &lines) }
    return Digest.sha256(lines.joined(separator: "\n"))
  }

  private static func line(_ name: String, _ file: URL) -> String {
    let state = FileState(file)
    return "\(name) \(state?.size ?? -1) \(state?.modified ?? -1)"
  }

  /// Lists all files below a folder; a folder that cannot be read is reported by the audit.
  private static func list(_ folder: URL, _ path: String, _ lines: inout [String]) {
    for name in (try? Folder.names(in: folder)) ?? [] {
      let url = folder.appendingPathComponent(name)
      // Links are not followed, because they may form a circle.
      let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: url.path)) != nil
      if Folder.isFolder(url), !isLink {
        list(url, "\(path)\(name)/", &lines)
      } else {
        lines.append(line("\(path)\(name)", url))
      }
    }
  }

  /// The record of a subject that an earlier run finished, if it still matches inputs and files.
  func finished(_ subject: SubjectLocation, key: String) -> PrepareRecord? {
    let file = folder.appendingPathComponent(Self.recordPath(subject.id))
    // Where the record cannot be read, the subject is made anew.
    guard Folder.isFile(file), let record = try? JSONFile.read(PrepareRecord.self, from: file),
      record.madeFrom == key,
      record.outputs.allSatisfy({
        FileState(folder.appendingPathComponent($0.path))?.size == $0.size
      })
    else { return nil }
    return record
  }

  /// Makes and writes the record of a subject whose files are written.
  ///
  /// No record is written for a subject that was left out, because the reason may vanish without a
  /// change of the files' sizes and times (missing rights, for example).
  func record(_ subject: PrepareReport.Subject, madeFrom: String, outputs: [String]) throws
    -> PrepareRecord
  {
    let record = PrepareRecord(
      madeFrom: madeFrom, subject: subject,
      outputs: outputs.map {
        .init(path: $0, size: FileState(folder.appendingPathComponent($0))?.size ?? -1)
      })
    if subject.leftOut == nil {
      try JSONFile.write(
        record, to: folder.appendingPathComponent(Self.recordPath(subject.id)))
    }
    return record
  }
}
