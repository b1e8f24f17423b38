// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cohorts

/// `cac coca reference`: scores from the annotations alone.
struct COCAReferenceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: "Reference scores per subject from annotations or scores.xlsx; no CT is needed.",
    discussion: """
      Examples:
        cac coca reference Gated_release_final --csv reference.csv
        cac coca reference deidentified_nongated --csv reference.csv
        cac coca reference scores.xlsx --disagreeing-total sum --json
      """)

  @Argument(help: "The root of the tree, or the scores.xlsx of the non-gated half.")
  var root: String
  @OptionGroup var total: TotalOptions
  @Option(help: "The table to write.")
  var csv: String?
  @Flag(help: "Print the table as JSON.")
  var json = false

  func run() async throws {
    let reference = try CohortReference.run(root: path(root), total: total.disagreeingTotal)
    if let csv { try reference.write(to: path(csv)) }
    print(json ? try reference.json : reference.table)
    try report(leftOut: reference.leftOut)
  }
}
