// SPDX-License-Identifier: Apache-2.0
import Foundation
import Studies
import TestSupport
import Testing

@Suite struct `Folders of COCA's release` {
  /// A folder with the names of the release, and in it folders of patients.
  private func release(_ halves: [String: [String]]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (place, patients) in halves {
      for patient in patients {
        try FileManager.default.createDirectory(
          at: folder.file("\(place)/\(patient)"), withIntermediateDirectories: true)
      }
    }
    return folder
  }

  @Test(arguments: ["", "Gated_release_final", "Gated_release_final/patient"])
  func `mean their patients, from whichever level`(_ level: String) throws {
    let folder = try release([
      "Gated_release_final/patient": ["0", "1", "2"], "Gated_release_final": ["calcium_xml"],
    ])
    try Data("id".utf8).write(to: folder.file("truth.csv"))
    let found = try ScanSearch(level.isEmpty ? folder.url : folder.file(level))
    #expect(found.scans.map(\.id) == ["0", "1", "2"])
    #expect(found.unused.isEmpty)
  }

  @Test func `of one patient mean that one`() throws {
    let folder = try release([
      "Gated_release_final/patient": ["17"], "Gated_release_final": ["calcium_xml"],
    ])
    #expect(try ScanSearch(folder.url).scans.map(\.id) == ["17"])
  }

  @Test func `beside other folders are found with them`() throws {
    let folder = try release([
      "Gated_release_final/patient": ["0", "1"], "Gated_release_final": ["calcium_xml", "other"],
    ])
    let inside = try ScanSearch(folder.file("Gated_release_final")).scans
    #expect(inside.map(\.id) == ["calcium_xml", "other", "patient"])
  }

  @Test func `with both halves are one folder of studies, as any other`() throws {
    let folder = try release([
      "Gated_release_final/patient": ["0"], "Gated_release_final": ["calcium_xml"],
      "deidentified_nongated": ["7"],
    ])
    let ids = try ScanSearch(folder.url).scans.map(\.id)
    #expect(ids == ["Gated_release_final", "deidentified_nongated"])
  }

  @Test func `of the other half alone mean its patients, too`() throws {
    let folder = try release(["deidentified_nongated": ["7", "8"], "": ["calcium_xml"]])
    #expect(try ScanSearch(folder.url).scans.map(\.id) == ["7", "8"])
  }
}
