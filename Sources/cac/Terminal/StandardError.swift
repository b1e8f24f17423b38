// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Workflow

/// Writes text and a line break to standard error, where notes and warnings go; results go to standard
/// output.
func writeToStandardError(_ text: String) {
  FileHandle.standardError.write(Data("\(text)\n".utf8))
}

/// Lists the subjects that were left out on standard error and ends with status 3 if there are any.
///
/// At most 20 of them have a line; the results name all.
func report(leftOut: [LeftOut]) throws {
  guard !leftOut.isEmpty else { return }
  writeToStandardError(LeftOut.list(leftOut))
  throw ExitCode.subjectsLeftOut
}

extension ExitCode {
  /// The work is done, but subjects were left out, which were listed.
  static let subjectsLeftOut = ExitCode(3)
}
