// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Stages
import Workflow

/// The candidates of many scans in a folder, one file for each scan, that the classifier learns from.
///
/// Scans take seconds to draw while a step of the training takes one, so that each candidate is seen
/// several times, changed a little each time.
struct CandidatePool: Sendable {
  /// A candidate's place in the pool.
  struct Entry: Sendable {
    let file: Int
    let offset: Int
    let label: Int
    let area: Float
    let points: Float
  }

  /// All candidates.
  let entries: [Entry]
  let design: ClassifierDesign
  /// The files, mapped into memory.
  private let files: [Data]

  /// The file of a scan by its number among those of one source.
  static func file(_ number: Int, of source: String = "scan", in folder: URL) -> URL {
    folder.appendingPathComponent("\(source)-\(String(format: "%05d", number)).candidates")
  }

  /// Opens the files of some scans.
  ///
  /// - Throws: `WorkflowError` where one does not hold whole candidates.
  init(_ urls: [URL], design: ClassifierDesign) throws {
    self.design = design
    let size = CandidateRecord.byteCount(design)
    var (files, entries) = ([Data](), [Entry]())
    for url in urls {
      let data = try Data(contentsOf: url, options: .alwaysMapped)
      guard data.count % size == 0 else {
        throw WorkflowError(
          .invalid, "\(url.path): does not hold whole candidates; delete it, and it is made again")
      }
      data.withUnsafeBytes { bytes in
        for offset in stride(from: 0, to: data.count, by: size) {
          let (label, area, points) = CandidateRecord.summary(
            UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size]))
          entries.append(
            Entry(file: files.count, offset: offset, label: label, area: area, points: points))
        }
      }
      files.append(data)
    }
    (self.files, self.entries) = (files, entries)
  }

  /// The candidate of an entry.
  func record(_ entry: Entry) -> CandidateRecord {
    files[entry.file].withUnsafeBytes { bytes in
      CandidateRecord(
        UnsafeRawBufferPointer(
          rebasing: bytes[entry.offset..<entry.offset + CandidateRecord.byteCount(design)]),
        design)
    }
  }

  /// The number of candidates of each class.
  var counts: [Int] {
    entries.reduce(into: Array(repeating: 0, count: design.classes.count)) { $0[$1.label] += 1 }
  }
}
