// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NIfTI
import Report
import TestSupport
import Testing
import Volume

@testable import Scoring
@testable import Segmentation

@Suite struct `The page of a scoring` {
  private let folder = try? TemporaryFolder()

  /// Scores scans, by name, into a page with a model of stages.
  private func page(
    _ scans: [String: Volume<Int16>], tissue: String = "sac", classifier: [String: Float]?
  ) async throws -> (html: String, outcome: ScoringOutcome?) {
    let folder = try #require(folder)
    let model = folder.file("chest")
    try StagedFolder.write(to: model, tissue: tissue)
    if let classifier { try StagedFolder.writeClassifier(to: model, classifier) }
    for (name, scan) in scans {
      try NIfTIFile.write(scan, to: folder.file("in/\(name).nii.gz"))
    }
    var request = ScoringRequest(input: folder.file("in"))
    request.model = model
    request.prediction = PredictionRequest(device: "cpu")
    request.page = folder.file("out/page.html")
    let outcome = try? await ScoringRun(request).run { _ in }
    return (try String(contentsOf: folder.file("out/page.html"), encoding: .utf8), outcome)
  }

  /// The PNGs of a page, from their signature to their last chunk.
  private func pictures(_ html: String) throws -> [Data] {
    try html.matches(of: /data:image\/png;base64,([A-Za-z0-9+\/=]+)/).map {
      try #require(Data(base64Encoded: String($0.1)))
    }
  }

  @Test func `shows the score, its range, the model and the lesion`() async throws {
    let (html, outcome) = try await page(
      ["a": StagedFolder.scan], classifier: ["LAD": 0.84, "aorta": 0.12])
    #expect(outcome?.studies.count == 1)
    for text in [
      "Study <bdi>a</bdi>", ">58.3</span>", "Mild coronary calcium", "90 % range 0.0 to 58.3",
      "chest (SHA-256 ", "class is uncertain", "Slice 6 of 20: LAD 19.4 mm²", "noise",
      "class=\"lad\"", "possible",
    ] { #expect(html.contains(text), "\(text)") }
    let pictures = try pictures(html)
    // Two projections, and the one slice with calcium.
    #expect(pictures.count == 3)
    for picture in pictures {
      #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      #expect(picture.suffix(8).starts(with: Data("IEND".utf8)))
    }
    let record = try #require(folder).file("out/page.html.run.json")
    #expect(Folder.isFile(record))
  }

  @Test func `shows calcium beside the arteries, and slices of a score of 0`() async throws {
    let (html, _) = try await page(["a": StagedFolder.scan], classifier: ["aorta": 0.97])
    for text in [
      ">0.0</span>", "No coronary calcium", "Slice 6 of 20: aorta, valve 19.4 mm²",
      "class=\"beside\"", "No slice has calcium that counts", "is in no total",
    ] { #expect(html.contains(text), "\(text)") }
    #expect(try pictures(html).count == 10)
    #expect(!html.contains("class=\"lad\""))
  }

  @Test func `shows a scan that was refused, even alone, and no path`() async throws {
    let (html, outcome) = try await page(
      ["a": StagedFolder.scan], tissue: "bone", classifier: nil)
    #expect(outcome == nil)
    #expect(html.contains("Not scored") && html.contains("No heart was found"))
    #expect(!html.contains(try #require(folder).url.path))
  }

  @Test func `shows scored and refused scans together`() async throws {
    let folder = try #require(folder)
    try Folder.create(folder.file("in"))
    try Data("no scan".utf8).write(to: folder.file("in/broken.nii.gz"))
    let (html, outcome) = try await page(
      ["<b>&a": StagedFolder.scan], classifier: ["LAD": 0.98])
    #expect(outcome?.leftOut.count == 1)
    #expect(html.contains("1 study scored") && html.contains("1 refused"))
    #expect(html.contains("&lt;b&gt;&amp;a") && !html.contains("<b>&a"))
    #expect(html.contains("Not scored") && !html.contains(folder.url.path))
  }

  @Test func `colours the calcium of a mask without arteries alike`() async throws {
    let folder = try #require(folder)
    let scan = StagedFolder.scan
    try NIfTIFile.write(scan, to: folder.file("ct.nii.gz"))
    try NIfTIFile.write(scan.map { $0 >= 300 ? UInt8(1) : 0 }, to: folder.file("mask.nii.gz"))
    var request = ScoringRequest(input: folder.file("ct.nii.gz"))
    request.mask = folder.file("mask.nii.gz")
    request.page = folder.file("page.html")
    _ = try await ScoringRun(request).run { _ in }
    let html = try String(contentsOf: folder.file("page.html"), encoding: .utf8)
    #expect(html.contains("class=\"any\"") && !html.contains("class=\"lm\""))
    #expect(html.contains("a given mask") && html.contains(">58.3</span>"))
  }
}
