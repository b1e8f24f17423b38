// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import DocsSupport
import Foundation
import Testing

/// The built command `cac`, as the tests of the documentation use it.
enum Executable {
  /// Where it lies.
  static func url() throws -> URL { try #require(Cac.executable, "build the package first") }

  /// Every verb with its options, as the command itself lists them.
  static func reference() throws -> VerbReference {
    let folder = FileManager.default.temporaryDirectory
    let outcome = try Cac.succeed(["--experimental-dump-help"], in: folder)
    return try VerbReference(dump: Data(outcome.out.utf8))
  }
}
