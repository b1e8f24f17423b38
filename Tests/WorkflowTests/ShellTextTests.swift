// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Workflow

@Suite struct `A word for a shell` {
  @Test(arguments: ["plain", "", "two words", "it's", "$HOME", "a\"b", "`x`", "ü\nñ", "'", "-x*?"])
  func `comes out of a shell as it went in`(text: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "printf '%s' \(text.shellQuoted)"]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    #expect(String(decoding: data, as: UTF8.self) == text)
  }
}
