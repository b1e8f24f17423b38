// SPDX-License-Identifier: Apache-2.0
import Agatston
import CommandSupport
import DocsSupport
import Foundation
import TestSupport
import Testing
import Workflow

/// The module of the redaction depends on no type of an option, so its list of words is literal.
@Suite struct `The words that may be shown` {
  @Test func `hold every value that an option allows`() throws {
    let outcome = try Cac.succeed(
      ["--experimental-dump-help"], in: FileManager.default.temporaryDirectory)
    let options = try VerbReference(dump: Data(outcome.out.utf8)).allowedValues
    // Some of those with many values, so that a dump without them does not pass.
    for option in ["--interval", "--planner", "--engine", "--loss", "--labels", "--protocol"] {
      #expect((options[option]?.count ?? 0) > 1, "\(option)")
    }
    // What a person is stays hidden, and white may be a name.
    let personal = ["--sex", "--race"]
    for (option, values) in try nonEmpty(options) {
      if personal.contains(option) {
        #expect(values.filter { RedactedArguments.words.contains($0) } == [], "\(option)")
        continue
      }
      #expect(values.filter { !RedactedArguments.words.contains($0) } == [], "\(option)")
    }
  }

  @Test func `hold every convention, of which the option names none`() throws {
    let names = try nonEmpty(Convention.all.map(\.name))
    #expect(names.filter { !RedactedArguments.words.contains($0) } == [])
  }
}
