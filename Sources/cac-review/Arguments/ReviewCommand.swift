// SPDX-License-Identifier: Apache-2.0
package import ArgumentParser

/// `cac review`: the page on which a person scores a scan or checks what a model found.
///
/// The arguments are described here for both programs: `cac`, which knows its verbs and their help,
/// and `cac-review`, which has the server and the store. What a verb does is `ReviewVerbs.handler`.
package struct ReviewCommand: AsyncParsableCommand {
  package static let configuration = CommandConfiguration(
    commandName: "review",
    abstract: "Score scans by hand, or check what a model found, on a local page.",
    discussion: """
      Prints one address and opens it in a browser where there is one. The page is for this computer \
      alone; from another one, pass its port through ssh: ssh -L 8765:127.0.0.1:8765 HOST, or give \
      --host with a certificate, and readers accounts.

      Examples:
        What the default model found, to be checked:
          cac review study_folder
        From nothing, or from a mask:
          cac review study_folder --from nothing
          cac review ct.nii.gz --mask calcium.nii.gz
        A cohort read by two readers who see neither a model nor each other:
          cac review user add ana --store cohort.cacreview
          cac review user add ben --store cohort.cacreview
          cac review cohort --blind --store cohort.cacreview
        Beside an earlier scan, as cac compare has it:
          cac review scan_2025 --prior scan_2021 --prior-mask signed_2021/masks/scan_2021.nii.gz
        What was signed, as files:
          cac review export cohort --store cohort.cacreview -o signed
          cac review verify cohort.cacreview
      Research software, not a medical device.
      """,
    subcommands: [
      ReviewServe.self, ReviewVerify.self, ReviewExport.self, ReviewUser.self,
    ],
    defaultSubcommand: ReviewServe.self)

  package init() {}
}

/// The verbs of `cac review` and what is done for them.
package enum ReviewVerb: Sendable {
  case serve(ReviewServe)
  case verify(ReviewVerify)
  case export(ReviewExport)
  case addUser(ReviewUserAdd)
  case listUsers(ReviewUserList)
}

/// Which scans are read, and by which rules they are scored.
package struct ReviewedScans: ParsableArguments, Sendable {
  @Argument(
    help: """
      DICOM studies, image files, folders of scans, a COCA tree, or an nnU-Net data set.
      """)
  package var studies: [String]
  @Option(help: "Tube voltage in kV where the file does not say it (all but DICOM; default 120).")
  package var kv: Double?
  @Option(help: "Thresholds for another voltage than 120 kV: graeni2018.")
  package var kvTable: String?
  @Flag(help: "Keep 130 HU at another voltage; the result says so.")
  package var forceThreshold = false
  @Option(help: "The scoring convention, as for cac score.")
  package var convention = "agatston"
  @Option(help: "The series to use, by its UID; may be repeated, once for each study.")
  package var series: [String] = []

  package init() {}

  package func validate() throws {
    guard !studies.isEmpty else { throw ValidationError("name the scans to read") }
    if let kv, !(kv > 0 && kv.isFinite) {
      throw ValidationError("--kv must be above 0, not \(kv)")
    }
    if kvTable != nil, forceThreshold {
      throw ValidationError("--kv-table and --force-threshold exclude each other; give one")
    }
  }
}

/// What a reading begins with where neither a mask nor a model is given.
package enum ReviewStart: String, ExpressibleByArgument, CaseIterable, Sendable {
  case model
  case nothing
}

/// What the values of a mask mean.
package enum ReviewMaskLabels: String, ExpressibleByArgument, CaseIterable, Sendable {
  case auto
  case calcium
  case arteries
}

/// `cac review verify`: checks the trail.
package struct ReviewVerify: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Check the chain of digests of a store's trail.",
    discussion: """
      Keep the printed digest elsewhere: a trail that was cut off at its end is told by it alone.

      Example: cac review verify review.cacreview
      """)

  @Argument(help: "The store.")
  package var store: String
  @Option(help: "A digest that an earlier check or export printed; it must be in the trail.")
  package var head: String?

  package init() {}
  package func run() async throws { try await ReviewVerbs.run(.verify(self)) }
}

/// `cac review export`: masks, tables, the trail and reports.
package struct ReviewExport: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write what was read: masks, RESULT.csv, lesions.csv, the trail, reports.",
    discussion: """
      A reading that is not signed is left out unless --unsigned is given. Of several readings of a study \
      the adjudication counts, else the one that was signed first; --reader names another.

      Examples:
        cac review export cohort --store cohort.cacreview -o signed
        Corrected masks as a data set for cac train:
          cac review export cohort --store cohort.cacreview --dataset 601_Corrected
        How two readers agree:
          cac review export cohort --store cohort.cacreview -o both --compare ana ben
          cac evaluate both/RESULT.csv
      """)

  @OptionGroup package var scans: ReviewedScans
  @Option(help: "The store.")
  package var store = "review.cacreview"
  @Option(name: .shortAndLong, help: "The folder for the files.")
  package var output: String?
  @Option(help: "The reader whose readings are written.")
  package var reader: String?
  @Option(
    parsing: .upToNextOption,
    help: "Two readers: the first gives RESULT.csv's given_ columns, the second computed_.")
  package var compare: [String] = []
  @Flag(help: "Write readings that are not signed, too.")
  package var unsigned = false
  @Option(help: "Write images and labels as nnU-Net's data set of this number and name.")
  package var dataset: String?
  @Option(help: "Raw data sets (default: $nnUNet_raw, else ./nnUNet_raw).")
  package var raw: String?

  package init() {}

  package func validate() throws {
    guard output != nil || dataset != nil else {
      throw ValidationError("name the folder by -o, or a data set by --dataset, or both")
    }
    guard compare.isEmpty || compare.count == 2 else {
      throw ValidationError("--compare takes two readers, as in --compare ana ben")
    }
    if reader != nil, !compare.isEmpty {
      throw ValidationError("--reader and --compare exclude each other; give one")
    }
    if let dataset,
      dataset.wholeMatch(of: #/[0-9]{1,3}_[A-Za-z0-9_-]+/#) == nil
    {
      throw ValidationError("--dataset takes a number and a name, as 601_Corrected, not \(dataset)")
    }
  }

  package func run() async throws { try await ReviewVerbs.run(.export(self)) }
}

/// `cac review user`: accounts.
package struct ReviewUser: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "user", abstract: "Accounts of a store, for several readers.",
    subcommands: [ReviewUserAdd.self, ReviewUserList.self])

  package init() {}
}

/// `cac review user add`: a new account.
package struct ReviewUserAdd: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add an account; the password is asked for.",
    discussion: """
      Example: cac review user add ana --role reader --store cohort.cacreview
      """)

  @Argument(help: "The name, which the trail shows.")
  package var name: String
  @Option(help: "reader, adjudicator or admin.")
  package var role = "reader"
  @Option(help: "The store; made where there is none.")
  package var store = "review.cacreview"
  @Flag(help: "Read the password from the first line of standard input.")
  package var passwordStdin = false

  package init() {}
  package func run() async throws { try await ReviewVerbs.run(.addUser(self)) }
}

/// `cac review user list`: the accounts.
package struct ReviewUserList: AsyncParsableCommand, Sendable {
  package static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the accounts of a store.",
    discussion: """
      Example: cac review user list --store cohort.cacreview
      """)

  @Option(help: "The store.")
  package var store = "review.cacreview"

  package init() {}
  package func run() async throws { try await ReviewVerbs.run(.listUsers(self)) }
}
