// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import DocsSupport
import Files
import Foundation

/// Writes the page of all verbs and options, for `scripts/reference`.
struct ReferenceVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: "Write the page of all verbs and options.",
    discussion: "It reads what cac --experimental-dump-help writes from standard input.")

  @Argument(help: "The page that is written.")
  var file: String

  func run() throws {
    let dump = try FileHandle.standardInput.readToEnd() ?? Data()
    let page = try VerbReference(dump: dump).markdown
    try StagedFile.write(page, to: URL(fileURLWithPath: file))
  }
}
