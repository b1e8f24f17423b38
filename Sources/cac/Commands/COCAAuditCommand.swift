// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cohorts

/// `cac coca audit`: checks, changes nothing.
struct COCAAuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Check every subject against the annotation's own figures; change nothing.",
    discussion: """
      Examples:
        cac coca audit Gated_release_final --json audit.json
        cac coca audit deidentified_nongated
      The non-gated half is known by its folder's name or its scores.xlsx: its scans and the rows of \
      the table are checked, and what of both belongs together.
      """)

  @Argument(help: "The root of the tree; any of COCA's shapes, either half.")
  var root: String
  @Option(help: "Write the audit as JSON to this file.")
  var json: String?
  @OptionGroup var repair: RepairOptions
  @OptionGroup var jobs: JobOptions

  func run() async throws {
    let audit = try await CohortAudit.run(
      root: path(root), jobs: jobs.jobs, dicom: repair.input, progress: ProgressBar().handler)
    if let json { try audit.write(to: path(json)) }
    print(audit.table)
    try report(leftOut: audit.leftOut)
  }
}
