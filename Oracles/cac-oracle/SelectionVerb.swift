// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OracleSupport

/// Determines post-processing and the best configuration, and compares both with nnunetv2's choice.
struct SelectionVerb: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selection",
    abstract: "Choose post-processing and configurations and compare with nnunetv2's choice.",
    discussion: "The folder is that of Oracles/parity/selection.py.")

  @OptionGroup var argument: FolderArgument

  func run() async throws {
    let sets = try PostProcessingSet.all(in: argument.url)
    let trees = try ModelTree.all(in: argument.url)
    var differences: [String] = []
    for set in sets { differences += try await set.differences().map { "\(set): \($0)" } }
    for tree in trees { differences += try await tree.differences().map { "\(tree): \($0)" } }
    try Oracle.report(
      differences,
      "post-processing of \(sets.count) folders and the best of \(trees.count) trees of models "
        + "agree with nnunetv2's")
  }
}
