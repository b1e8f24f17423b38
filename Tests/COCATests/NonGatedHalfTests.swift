// SPDX-License-Identifier: Apache-2.0
import COCA
import Foundation
import TestSupport
import Testing

@Suite struct `A folder of non-gated studies` {
  /// A folder with empty files at these paths.
  private func folder(_ files: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for file in files {
      let url = folder.file(file)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data().write(to: url)
    }
    return folder
  }

  static let studies = ["12/12/1.dcm", "2/1.dcm", "103/103/a/1.dcm", ".DS_Store", "2/.DS_Store"]

  @Test(arguments: [
    ("", "scores.xlsx"), ("deidentified_nongated/", "deidentified_nongated/scores.xlsx"),
    ("coca/Deidentified_NonGated/deidentified_nongated/", "coca/scores.xlsx"),
    ("deidentified_nongated/", "deidentified_nongated/Scores of all.XLSX"),
    ("data/", "data/SCORES.xlsx"), ("data/", "data/scores.csv.xlsx"), ("", "Scores (1).xlsx"),
  ])
  func `is recognised at the root and below it, nested or not`(below: String, scores: String) throws
  {
    let folder = try folder(
      Self.studies.map { below + $0 } + [
        scores, below + "~$scores.xlsx", below + "__MACOSX/1/1.dcm", below + "notes/.hidden",
      ])
    let half = try #require(try NonGatedHalf.find(folder.url))
    #expect(half.studies.map(\.id) == ["2", "12", "103"])
    #expect(half.studies.map(\.seriesFolders) == [[""], ["12"], ["103/a"]])
    #expect(half.scores?.path.hasSuffix(scores) == true)
    #expect(!half.isBesideAnnotations && !half.isBesideGatedScans)
  }

  @Test func `has no scores where there is no workbook, and the workbook alone has no studies`()
    throws
  {
    let folder = try folder(["deidentified_nongated/1/1/1.dcm", "other/scores.xlsx"])
    let half = try #require(try NonGatedHalf.find(folder.file("deidentified_nongated")))
    #expect(half.scores == nil && half.studies.map(\.id) == ["1"])
    let file = try #require(try NonGatedHalf.find(folder.file("other/scores.xlsx")))
    #expect(file.studies.isEmpty && file.scores != nil)
  }

  @Test func `is none of the gated half, and both halves know of each other`() throws {
    let gated = ["calcium_xml/1.xml", "patient/1/Pro/1.dcm", "patient/2/scores.xlsx"]
    let folder = try folder(gated.map { "Gated_release_final/\($0)" })
    #expect(try NonGatedHalf.find(folder.url) == nil)
    #expect(try NonGatedHalf.find(folder.file("Gated_release_final/patient")) == nil)
    #expect(try NonGatedHalf.find(folder.file("missing")) == nil)
    let both = try self.folder(
      gated.map { "Gated_release_final/\($0)" } + ["deidentified_nongated/1/1.dcm"])
    #expect(try NonGatedHalf.find(both.url)?.isBesideGatedScans == true)
    #expect(try COCATree.discover(both.url).map(\.id) == ["1", "2"])
  }

  @Test func `with two copies of the workbook is refused`() throws {
    let copies = ["1/1.dcm", "scores.csv.xlsx", "scores (1).xlsx"]
    let several = try folder(copies)
    let error = #expect(throws: COCAError.self) { try NonGatedHalf.find(several.url) }
    #expect(error?.detail.contains("holds 2 workbooks of scores") == true)
    let exact = try folder(copies + ["scores.xlsx"])
    #expect(try NonGatedHalf.find(exact.url)?.scores?.lastPathComponent == "scores.xlsx")
    // Without studies they may be anything.
    let others = try folder(["scores a.xlsx", "scores b.xlsx"])
    #expect(try NonGatedHalf.find(others.url) == nil)
  }

  @Test func `with two folders of one subject is refused`() throws {
    let folder = try folder(["scores.xlsx", "12/1.dcm", "012/1.dcm"])
    let error = #expect(throws: COCAError.self) { try NonGatedHalf.find(folder.url) }
    #expect(error?.code == .duplicateSubject)
  }

  @Test func `gives the scans to annotations of chest CTs, as a synthetic cohort has them`() throws
  {
    let folder = try folder([
      "calcium_xml/2.xml", "deidentified_nongated/2/2/1.dcm", "deidentified_nongated/3/1.dcm",
      "deidentified_nongated/scores.xlsx",
    ])
    let subjects = try COCATree.discover(folder.url)
    #expect(subjects.map(\.id) == ["2", "3"])
    #expect(subjects.allSatisfy { $0.dicomFolder != nil })
    #expect(subjects.map { $0.annotation != nil } == [true, false])
  }
}
