// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// The command `cac`.
@main
struct CAC: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cac", abstract: "Coronary artery calcium: from cardiac CT to the score.")
}
