// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume

/// `cac phantom --people` and `cac train-risk --images` on what it writes.
@Suite struct `Learning risk from scans` {
  private func run(_ line: String, in folder: TemporaryFolder) throws -> Cac.Outcome {
    try Cac.run(line.split(separator: " ").map(String.init), in: folder.url)
  }

  @Test func `people of phantoms have risks, and networks learn from their scans`() throws {
    let folder = try TemporaryFolder()
    try run(
      "phantom cohort --subjects 12 --matrix 48 --slices 10 --min-rank 0.6 --people people.csv --interaction",
      in: folder
    ).expectSuccess()
    try run("risk people.csv --csv risk.csv", in: folder).expectSuccess()
    try run(
      "coca prepare cohort --dataset 903_Risk --dimension 3d --raw raw", in: folder
    ).expectSuccess()
    let line =
      "train-risk people.csv --time years --event event --covariate age --covariate statin --calcium "
      + "true_agatston --horizon 3 --folds 2 --ridge 1 --images cohort --masks raw/Dataset903_Risk/labelsTr "
      + "--edge 10 --size 120 --center scan --epochs 1 --seeds 2 --out out"
    let outcome = try run(line, in: folder)
    outcome.expectSuccess()
    #expect(outcome.out.contains("networks: 12 subjects with scan and mask"))
    let table = try String(contentsOf: folder.file("out/networks.csv"), encoding: .utf8)
    for name in ["table", "image", "concatenation", "film", "daft", "Cox"] {
      #expect(table.contains("\n\(name)") || table.contains("\n\"\(name)"), "\(name)")
    }
    let page = try String(contentsOf: folder.file("out/report.html"), encoding: .utf8)
    #expect(page.contains("Networks of image and table"))
    let again = try run(line, in: folder)
    #expect(again.out == outcome.out)
    // Subjects whose mask cannot be read are left out and named, with the status that says so.
    let masks = folder.file("raw/Dataset903_Risk/labelsTr")
    let mask = try #require(
      try FileManager.default.contentsOfDirectory(atPath: masks.path).sorted().first)
    try Data("no mask".utf8).write(to: masks.appendingPathComponent(mask))
    let fewer = try run(line + "2", in: folder)
    #expect(fewer.status == 3, "\(fewer.err)")
    #expect(fewer.out.contains("networks: 11 subjects") && fewer.err.contains("left out"))
  }

  @Test(arguments: [
    ("--images scans --out o", "--images needs --masks"),
    ("--masks masks", "--masks and --network need --images"),
    ("--images scans --masks masks", "--images needs --out"),
    ("--images scans --masks masks --out o --network unet", "unet"),
    ("--images scans --masks masks --out o --network daft --network daft", "twice"),
    ("--images scans --masks masks --out o --seeds 0", "--seeds must be from 1"),
  ])
  func `wrong options are named`(options: String, sentence: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try run(
      "train-risk table.csv --time years --event event \(options)", in: folder)
    #expect(outcome.status == 2 && outcome.err.contains(sentence), "\(outcome.err)")
  }

  @Test func `an interaction needs people`() throws {
    let folder = try TemporaryFolder()
    let outcome = try run("phantom cohort --subjects 1 --interaction", in: folder)
    #expect(outcome.status == 2 && outcome.err.contains("--interaction needs --people"))
  }
}
