// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import NIfTI
import NNUNet
import Segmentation
import Studies
import TestSupport
import Volume
import Workflow

/// Label maps and the post-processing that nnunetv2 2.8.1 determined for them, made by
/// `Oracles/parity/selection.py`.
package struct PostProcessingSet: Sendable {
  /// The folder of the set.
  package let folder: URL

  /// The sets in a folder.
  ///
  /// - Throws: `MissingFixture` if there is none.
  package static func all(in folder: URL) throws -> [PostProcessingSet] {
    try fixtures(in: folder) { $0.hasPrefix("set_") }.map(PostProcessingSet.init)
  }

  /// How many steps nnunetv2 found to help.
  package var steps: Int {
    get throws {
      let json = try JSON.read(from: folder.appendingPathComponent("expected.json"))
      return try json.array(of: "postprocessing_fns").count
    }
  }

  /// Where the post-processing determined here differs, or its label maps; a sentence each.
  package func differences() async throws -> [String] {
    let copy = try TemporaryFolder()
    let predictions = copy.file("prediction")
    try FileManager.default.copyItem(
      at: folder.appendingPathComponent("prediction"), to: predictions)
    let labels = try LabelFolder(predictions)
    let found = try await PostProcessingSearch.run(
      labels, reference: folder.appendingPathComponent("reference"), jobs: 1, progress: { _ in })
    let file = try await found.write(to: labels, jobs: 1)

    var differences = jsonDifferences(
      try JSON.read(from: folder.appendingPathComponent("expected.json")),
      try JSON.read(from: file), in: "postprocessing.json")
    if try PostProcessing.read(from: file) != found.accepted {
      differences.append("postprocessing.json is read as something else than was written")
    }
    let results = predictions.appendingPathComponent("postprocessed")
    let expected = folder.appendingPathComponent("expected")
    differences += try voxelDifferences(
      fixtures(in: expected).map(\.lastPathComponent), expected, results)
    let names = try Folder.names(in: results)
    let wanted = try Folder.names(in: expected) + ["dataset.json", "summary.json"]
    if names != wanted { differences.append("postprocessed holds \(names), not \(wanted)") }
    return differences
  }
}

extension PostProcessingSet: CustomStringConvertible {
  /// The name of the set.
  package var description: String { folder.lastPathComponent }
}

/// Cross-validated models and the configuration that nnunetv2 2.8.1 chose among them, made by
/// `Oracles/parity/selection.py`.
package struct ModelTree: Sendable {
  /// The data set that all trees are of.
  package static let dataset = "Dataset001_T"

  /// The folder of the tree, with `raw`, `preprocessed`, `results` and `expected`.
  package let folder: URL

  /// The trees in a folder.
  ///
  /// - Throws: `MissingFixture` if there is none.
  package static func all(in folder: URL) throws -> [ModelTree] {
    try fixtures(in: folder) { $0.hasPrefix("tree_") }.map(ModelTree.init)
  }

  /// Copies the tree, so that it may be written to.
  package func copy(to target: URL) throws {
    for part in ["raw", "preprocessed", "results", "expected"]
    where Folder.isFolder(folder.appendingPathComponent(part)) {
      try FileManager.default.copyItem(
        at: folder.appendingPathComponent(part), to: target.appendingPathComponent(part))
    }
  }

  /// Where the choice made here differs: its figures, its post-processing or its label maps; a
  /// sentence each.
  package func differences() async throws -> [String] {
    let copy = try TemporaryFolder()
    try self.copy(to: copy.url)
    let expected = try JSON.read(from: copy.file("expected/inference_information.json"))
    var options = BestConfiguration.Options()
    options.folds = [0, 1]
    options.configurations = try expected.array(of: "considered_models").compactMap {
      $0["configuration"]?.string
    }
    options.ensembles = expected["ensembling_allowed"] == .bool(true)
    let roots = Roots(
      raw: copy.file("raw").path, preprocessed: copy.file("preprocessed").path,
      results: copy.file("results").path)
    _ = try await BestConfiguration.find(
      dataset: Self.dataset, roots: roots, options: options, progress: { _ in })

    let written = copy.file("results/\(Self.dataset)/inference_information.json")
    let text = String(decoding: try Data(contentsOf: written), as: UTF8.self)
      .replacingOccurrences(of: copy.url.path + "/", with: "")
    let found = try JSON.parse(Data(text.utf8), subject: "inference_information.json")
    var differences = jsonDifferences(expected, found, in: "inference_information.json")
    guard let file = found["best_model_or_ensemble"]?["postprocessing_file"]?.string else {
      return differences + ["inference_information.json names no post-processing"]
    }
    let best = copy.file(file).deletingLastPathComponent()
    differences += jsonDifferences(
      try JSON.read(from: copy.file("expected/postprocessing.json")),
      try JSON.read(from: best.appendingPathComponent("postprocessing.json")),
      in: "postprocessing.json")
    let maps = try fixtures(in: copy.file("expected")) { $0.hasSuffix(".nii.gz") }
    return try differences
      + voxelDifferences(
        maps.map(\.lastPathComponent), copy.file("expected"),
        best.appendingPathComponent("postprocessed"))
  }
}

extension ModelTree: CustomStringConvertible {
  /// The name of the tree.
  package var description: String { folder.lastPathComponent }
}

/// Label maps of which a voxel differs.
private func voxelDifferences(
  _ names: [String], _ expected: URL, _ found: URL
) throws -> [String] {
  try names.filter { name in
    let here: Volume<UInt8> = try NIfTIFile.read(found.appendingPathComponent(name))
    let there: Volume<UInt8> = try NIfTIFile.read(expected.appendingPathComponent(name))
    return here.voxels != there.voxels
  }.map { "\($0): other voxels" }
}

extension JSON {
  /// A member that has to be a list.
  fileprivate func array(of key: String) throws -> [JSON] {
    guard let list = self[key]?.array else { throw UnfitList(description: "\(key) is no list") }
    return list
  }
}
