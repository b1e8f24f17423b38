// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import NIfTI
import TestSupport
import Testing
import Volume
import Zip

@Suite struct `An ensemble` {
  private let oracle: PredictionOracle

  init() throws { oracle = try PredictionOracle("cascade") }

  /// Both stages of the cascade, predicted with their probabilities into `low` and `high`.
  private func predictions() throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, configuration) in [("low", "3d_lowres"), ("high", "3d_cascade_fullres")] {
      try Cac.run(
        [
          "predict", oracle.model(configuration).path, oracle.input.path, name, "--probabilities",
          "--device", "cpu",
        ], in: folder.url
      ).expectSuccess()
    }
    return folder
  }

  @Test func `averages the probabilities of its models as nnunetv2 does`() throws {
    let folder = try predictions()
    let outcome = try Cac.succeed(
      ["ensemble", "low", "high", "out", "--probabilities"], in: folder.url)
    #expect(outcome.out == "1 label map in out\n")
    #expect(
      folder.file("out").allFiles == [
        "dataset.json", "plans.json", "predictions.run.json", "scan.nii.gz", "scan.npz", "scan.pkl",
      ])
    try oracle.expectLabels("ensemble", in: folder.file("out"))
    try oracle.expectProbabilities("ensemble", in: folder.file("out"))
    // Of one model three times it is that model; the mean can be averaged again.
    try Cac.succeed(["ensemble", "high", "high", "high", "same"], in: folder.url)
    #expect(
      try Data(contentsOf: folder.file("same/scan.nii.gz"))
        == Data(contentsOf: folder.file("high/scan.nii.gz")))
    try Cac.succeed(["ensemble", "out", "out", "again"], in: folder.url)
    #expect(
      try Data(contentsOf: folder.file("again/scan.nii.gz"))
        == Data(contentsOf: folder.file("out/scan.nii.gz")))
    // What is there already stays.
    try Data("kept".utf8).write(to: folder.file("out/scan.nii.gz"))
    let more = try Cac.succeed(["ensemble", "low", "high", "out", "--continue"], in: folder.url)
    #expect(more.out == "0 label maps in out, 1 was there already\n")
    #expect(try Data(contentsOf: folder.file("out/scan.nii.gz")) == Data("kept".utf8))
  }

  @Test func `of folders that do not belong together is refused in one sentence`() throws {
    let folder = try predictions()
    func refuse(_ words: String..., after spoil: (URL) throws -> Void) throws {
      let copy = folder.file("spoilt")
      try? FileManager.default.removeItem(at: copy)
      try FileManager.default.copyItem(at: folder.file("high"), to: copy)
      try spoil(copy)
      let outcome = try Cac.run(["ensemble", "low", "spoilt", "out"], in: folder.url)
      #expect(outcome.status == 1 && outcome.complaints.count == 1)
      for word in words { #expect(outcome.err.contains(word), "\(outcome.err)") }
      #expect(folder.file("out").allFiles == [])
    }
    try refuse("holds no probabilities") { try Folder.remove($0.at("scan.npz")) }
    try refuse("other labels") {
      let file = $0.at("dataset.json")
      let text = try String(contentsOf: file, encoding: .utf8)
      try text.replacingOccurrences(of: "\"b\"", with: "\"c\"")
        .write(to: file, atomically: false, encoding: .utf8)
    }
    try refuse("holds no other.npz", "low") {
      try FileManager.default.copyItem(at: $0.at("scan.npz"), to: $0.at("other.npz"))
    }
    try refuse("scan.npz", "damaged") {
      var data = try Data(contentsOf: $0.at("scan.npz"))
      data[data.count / 2] ^= 0xff
      try data.write(to: $0.at("scan.npz"))
    }
    try refuse("scan.npz", "no file of numpy.savez") {
      try Data("PK".utf8).write(to: $0.at("scan.npz"))
    }
    /// An archive with an array of float32.
    func array(_ header: String, _ values: [Float], to url: URL) throws {
      let bytes = header.utf8.count
      var zip = ZipWriter(compresses: true)
      try zip.add(
        "probabilities.npy",
        [0x93] + "NUMPY".utf8 + [1, 0, UInt8(bytes), 0] + header.utf8
          + values.withUnsafeBytes { Array($0) })
      try Folder.remove(url)
      try zip.write(to: url)
    }
    for (shape, words) in [
      ("(3, 1, 1, 2)", "its grid is 1×1×2"), ("(6,)", "(classes, slices, rows, columns)"),
      ("(9, 9, 99999999, 99999999)", "more than"), ("(3, 1, 1, 9)", "damaged"),
      ("(3, -1, 1, 9)", "cannot be read"),
    ] {
      try refuse("scan.npz", words) {
        try array(
          "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }\n",
          [0.5, 0.5, 0.25, 0.25, 0.25, 0.25], to: $0.at("scan.npz"))
      }
    }
    try refuse("scan.npz", "is no probability") {
      try array(
        "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1, 1, 1), }\n", [.nan, 1],
        to: $0.at("scan.npz"))
    }
    let alone = try Cac.run(["ensemble", "low", "out"], in: folder.url)
    #expect(alone.status == 2)
  }
}
