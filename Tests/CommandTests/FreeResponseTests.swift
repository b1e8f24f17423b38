// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import NIfTI
import NumPy
import TestSupport
import Testing
import Volume

/// The whole way from a network's probabilities to the ranks of its lesions.
@Suite struct `Ranking lesions by probability` {
  private func predicted(_ name: String, _ configuration: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    let oracle = try PredictionOracle(name)
    try Cac.succeed(
      [
        "predict", oracle.model(configuration).path, oracle.input.path, "out", "--probabilities",
        "--device", "cpu",
      ], in: folder.url)
    let rows = ["scan,10,11,,", "a,300,280,,", "b,20,25,,", "c,0,0,,"]
    let table =
      "patient_name,given_agatston,computed_agatston,given_vol,computed_vol\n"
      + rows.joined(separator: "\n")
    try Data(table.utf8).write(to: folder.file("t.csv"))
    return folder
  }

  private func evaluate(_ folder: TemporaryFolder) throws -> Cac.Outcome {
    try Cac.run(
      ["evaluate", "t.csv", "--bootstrap", "0", "--json", "--masks", "out", "out"]
        + ["--probabilities", "out"], in: folder.url)
  }

  @Test(arguments: [("regions-3d", "3d_fullres", true), ("cascade", "3d_lowres", false)])
  func `takes the surest region, or what background leaves`(
    name: String, configuration: String, hasRegions: Bool
  ) throws {
    let folder = try predicted(name, configuration)
    let outcome = try evaluate(folder)
    #expect(outcome.status == 0, "\(outcome.err)")
    let lesions = try #require(
      Cohort.json(Data(outcome.out.utf8))["lesions"] as? [String: Any])
    #expect(lesions["free_response_ranked_by"] as? String == "probability")
    let curve = try #require(lesions["free_response"] as? [[String: Any]])
    let array = try NumPyArray(
      named: "probabilities", in: folder.file("out/scan.npz"), most: 1 << 24)
    let mask = try NIfTIFile.read(folder.file("out/scan.nii.gz"), as: UInt8.self).voxels
    #expect(hasRegions == (array.shape[0] == 3 && name == "regions-3d"))
    let peak = mask.indices.filter { mask[$0] != 0 }.map { i in
      let channels = (0..<array.shape[0]).map { array.values[$0 * mask.count + i] }
      return hasRegions ? channels.max() ?? 0 : 1 - channels[0]
    }.max()
    let first = try #require(curve.compactMap { $0["least"] as? Double }.max())
    #expect(abs(first - Double(try #require(peak))) < 1e-6)
  }

  @Test func `refuses regions that nothing names, and another model's classes`() throws {
    let folder = try predicted("regions-3d", "3d_fullres")
    let description = folder.file("out/dataset.json")
    try Data(
      #"{"channel_names":{"0":"CT"},"labels":{"background":0,"a":1},"numTraining":1,"file_ending":".nii.gz"}"#
        .utf8
    ).write(to: description)
    let other = try evaluate(folder)
    #expect(other.status == 1 && other.complaints.count == 1)
    #expect(other.err.contains("has 3 classes, dataset.json beside it has 2"), "\(other.err)")
    try FileManager.default.removeItem(at: description)
    let nameless = try evaluate(folder)
    #expect(nameless.status == 1 && nameless.complaints.count == 1)
    #expect(nameless.err.contains("do not add up to 1"), "\(nameless.err)")
  }
}
