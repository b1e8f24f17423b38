// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The built command `cac`.
enum Executable {
  /// Where it lies: beside the bundle of these tests; `nil` before the package is built.
  static let cac: URL? = {
    // The bundle is this process (Linux) or one of its arguments (macOS).
    let starts =
      [Bundle.main.executableURL].compactMap(\.self)
      + CommandLine.arguments.filter { $0.hasPrefix("/") }.map { URL(fileURLWithPath: $0) }
    for start in starts {
      var folder = start.deletingLastPathComponent()
      while folder.path != "/" {
        let file = folder.appendingPathComponent("cac")
        if FileManager.default.isExecutableFile(atPath: file.path) { return file }
        folder = folder.deletingLastPathComponent()
      }
    }
    return nil
  }()

  /// What `cac --experimental-dump-help` writes: every verb with its options, as JSON.
  static func dumpHelp(_ executable: URL) throws -> Data {
    let process = Process()
    process.executableURL = executable
    process.arguments = ["--experimental-dump-help"]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return data
  }
}
