// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OracleSupport

/// Measures label maps and compares the summaries with nnunetv2's; compares the folds, too.
struct MetricsVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics",
    abstract: "Compare summaries of label maps and folds with nnunetv2's.",
    discussion: "The folder is that of Oracles/parity/metrics.py.")

  @OptionGroup var argument: FolderArgument

  func run() throws {
    let sets = try MetricsSet.all(in: argument.url)
    let lists = try FoldLists(in: argument.url)
    var differences = try sets.flatMap { set in try set.differences().map { "\(set): \($0)" } }
    differences += try lists.differences()
    try Oracle.report(
      differences,
      "\(sets.count) summaries and the folds of \(lists.count) data sets agree with nnunetv2's")
  }
}
