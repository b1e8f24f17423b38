// SPDX-License-Identifier: Apache-2.0
import Agatston
import ArgumentParser
import COCA
import Cohorts

/// `cac coca`: the COCA data set.
struct COCACommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "coca", abstract: "Work with Stanford's COCA data set, or a tree like it.",
    subcommands: [COCAAuditCommand.self, COCAPrepareCommand.self, COCAReferenceCommand.self])
}
