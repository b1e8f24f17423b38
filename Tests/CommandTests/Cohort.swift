// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import TestSupport
import Testing

/// A small synthetic cohort and all that the verbs make of it, each step done once.
///
/// A step begins when a test asks for it; those before it come first.
enum Cohort {
  static let subjects = 8
  /// Who is held out.
  static let testSubjects = ["1", "4", "6"]

  /// The folder of everything; it goes when the tests end.
  static let folder: URL = {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cac-command-tests-\(ProcessInfo.processInfo.processIdentifier)")
    try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(at: Cohort.folder) }
    return url
  }()

  static let tree = folder.at("cohort/Gated_release_final")
  static let raw = folder.at("nnUNet_raw/Dataset901_Phantom")
  static let preprocessed = folder.at("nnUNet_preprocessed/Dataset901_Phantom")
  static let model = folder.at(
    "nnUNet_results/Dataset901_Phantom/nnUNetTrainer__nnUNetPlans__2d")

  private static func step(
    _ arguments: String, after earlier: Task<Cac.Outcome, any Error>? = nil
  ) -> Task<Cac.Outcome, any Error> {
    Task {
      _ = try await earlier?.value
      return try Cac.succeed(arguments.split(separator: " ").map(String.init), in: folder)
    }
  }

  static let phantom = step("phantom cohort --subjects 8 --matrix 64 --slices 8 --seed 3")
  static let audit = step("coca audit cohort --json audit.json", after: phantom)
  static let reference = step("coca reference cohort --csv reference.csv", after: phantom)
  static let prepare = Task {
    _ = try await phantom.value
    try Data((testSubjects.joined(separator: "\n") + "\n").utf8).write(to: folder.at("test.txt"))
    return try Cac.succeed(
      "coca prepare cohort --dataset 901_Phantom --dimension 3d --test-ids test.txt"
        .split(separator: " ").map(String.init), in: folder)
  }
  static let prepareSlices = step(
    "coca prepare cohort --dataset 902_Slices --dimension 2d --labels arteries --raw flat",
    after: phantom)
  static let plan = step("plan 901", after: prepare)
  static let preprocess = step("preprocess 901 -c 2d", after: plan)
  static let train = step(
    "train 901 2d 0 --epochs 1 --iterations 2 --validation-iterations 1 --device cpu",
    after: preprocess)
  static let predict = step(
    "predict \(model.path) \(raw.path)/imagesTs predictions --no-mirroring --device cpu",
    after: train)
  static let score = step(
    "score \(raw.path)/imagesTs --mask predictions --reference \(raw.path)/labelsTs "
      + "--csv RESULT.csv --json", after: predict)
  static let evaluate = step("evaluate RESULT.csv --out evaluation", after: score)
  static let report = step(
    "report evaluation --images \(raw.path)/imagesTs --reference \(raw.path)/labelsTs "
      + "--prediction predictions --model \(model.path) --cohort \(raw.path)/prepare-report.json",
    after: evaluate)

  /// The rows of truth.csv as dictionaries.
  static func truth() async throws -> [[String: String]] {
    _ = try await phantom.value
    return try table(folder.at("cohort/truth.csv"))
  }

  /// A CSV file of the cohort, whose cells hold no commas.
  static func table(_ url: URL) throws -> [[String: String]] {
    let lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
    let header = try #require(lines.first).components(separatedBy: ",")
    return lines.dropFirst().map {
      Dictionary(
        zip(header, $0.components(separatedBy: ",")), uniquingKeysWith: { first, _ in first })
    }
  }

  /// A subject with calcium and an annotation on more than one slice.
  static func diseased() async throws -> String {
    let rows = try await truth()
    let worst = rows.max {
      (Double($0["agatston"] ?? "") ?? 0) < (Double($1["agatston"] ?? "") ?? 0)
    }
    return try #require(worst?["id"])
  }

  /// A copy of the tree that may be spoilt.
  static func copy() async throws -> (folder: TemporaryFolder, tree: URL) {
    _ = try await phantom.value
    let copy = try TemporaryFolder()
    try FileManager.default.copyItem(at: tree, to: copy.file("tree"))
    return (copy, copy.file("tree"))
  }

  /// The slices of a subject, by name: the last one lies lowest.
  static func slices(of subject: String, in tree: URL) -> [URL] {
    let folder = tree.at("patient/\(subject)")
    return folder.allFiles.filter { $0.hasSuffix(".dcm") }.map(folder.at)
  }

  /// JSON as it stands.
  static func json(_ data: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
  }
}

extension Cohort {
  /// A folder of its own with the cohort planned and preprocessed in 2D, for networks of four
  /// features.
  static func small(_ name: String) async throws -> URL {
    _ = try await prepare.value
    let target = folder.at(name)
    try Folder.create(target)
    try FileManager.default.createSymbolicLink(
      at: target.at("nnUNet_raw"), withDestinationURL: folder.at("nnUNet_raw"))
    try Cac.succeed(["plan", "901", "--features", "4"], in: target)
    try Cac.succeed(["preprocess", "901", "-c", "2d"], in: target)
    return target
  }
}
