// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Files
import Operations

/// `cac cluster status`: what waits, runs and is done.
struct ClusterStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tell what waits, runs and is done, and how long it will take.",
    discussion: """
      Examples:
        cac cluster status 501
        cac cluster status 501 -c 2d
      """)

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Option(
    name: .shortAndLong, parsing: .upToNextOption,
    help: "Only the tasks that belong to these configurations, and those that belong to all.")
  var configurations: [String] = []
  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var roots: RootOptions

  func run() async throws {
    let status = try await ClusterStatus(
      dataset: dataset, configurations: configurations, roots: roots.roots)
    print(json ? String(decoding: try JSONFile.data(status), as: UTF8.self) : status.table)
  }
}
