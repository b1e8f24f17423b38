// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OracleSupport

/// Measures label maps and compares the summary with nnunetv2's.
struct MetricsVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "metrics", abstract: "Measure label maps and compare the summary with nnunetv2's.",
    discussion: "The folder is that of Oracles/parity/metrics.py.")

  @OptionGroup var argument: FolderArgument

  func run() throws {
    let sets = try MetricsSet.all(in: argument.url)
    let differences = try sets.flatMap { set in try set.differences().map { "\(set): \($0)" } }
    try Oracle.report(differences, "\(sets.count) summaries agree with nnunetv2's")
  }
}
