// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Operations

/// `cac doctor`: what this installation runs on.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check libraries, devices, rights and space; say what is wrong and how to mend it.",
    discussion: "Example: cac doctor --json")

  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var roots: RootOptions

  func run() async throws {
    let checkup = Doctor.examine(roots: roots.roots)
    print(json ? try checkup.json : checkup.table)
    if !checkup.isHealthy { throw ExitCode.failure }
  }
}
