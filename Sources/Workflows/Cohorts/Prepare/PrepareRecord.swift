// SPDX-License-Identifier: Apache-2.0
import COCA
import DICOM
import Files
import Foundation
import Studies
import Workflow

/// What a preparation made of one subject, and what it was made from.
///
/// It is written after the subject's files: where it is and still holds, the subject is done.
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
  /// What a record means; another number makes every subject new.
  private static let format = 2

  /// The path of a subject's record below the data set's folder.
  static func recordPath(_ id: String) -> String { "\(recordsName)/\(caseName(id)).json" }

  /// A digest of all that a subject's files depend on.
  func madeFrom(_ subject: SubjectLocation, isTest: Bool) throws -> String {
    var lines = [
      "\(Self.format) \(RunRecord.version) \(dimension) \(slices) \(labels) \(fill) "
        + "\(compression) \(dicom.fillGaps) \(dicom.allowTruncated) \(isTest) \(subject.id)"
    ]
    if let annotation = subject.annotation { lines.append(Self.line("annotation", annotation)) }
    if let series = subject.dicomFolder { Self.list(series, "", &lines) }
    return UID.derived(from: lines.joined(separator: "\n"))
  }

  private static func line(_ name: String, _ file: URL) -> String {
    let state = FileState(file)
    return "\(name) \(state?.size ?? -1) \(state?.modified ?? -1)"
  }

  /// Lists all files below a folder; one that cannot be looked through is the audit's to report.
  private static func list(_ folder: URL, _ path: String, _ lines: inout [String]) {
    for name in (try? Folder.names(in: folder)) ?? [] {
      let url = folder.appendingPathComponent(name)
      // A link could lead around in circles.
      let isLink = (try? FileManager.default.destinationOfSymbolicLink(atPath: url.path)) != nil
      if Folder.isFolder(url), !isLink {
        list(url, "\(path)\(name)/", &lines)
      } else {
        lines.append(line("\(path)\(name)", url))
      }
    }
  }

  /// The record of a subject that an earlier run finished, if it still holds.
  func finished(_ subject: SubjectLocation, key: String) -> PrepareRecord? {
    let file = folder.appendingPathComponent(Self.recordPath(subject.id))
    // A record that cannot be read is none: the subject is made anew.
    guard Folder.isFile(file), let record = try? JSONFile.read(PrepareRecord.self, from: file),
      record.madeFrom == key,
      record.outputs.allSatisfy({
        FileState(folder.appendingPathComponent($0.path))?.size == $0.size
      })
    else { return nil }
    return record
  }

  /// The record of a subject whose files are there; it is written, unless the subject was left out,
  /// because the reason may be gone without a trace in the files (their rights, for example).
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
