// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A small file system in memory, mounted as long as this value lives; only root can make one.
public final class MountedFolder: Sendable {
  private let folder: TemporaryFolder

  /// Where it is mounted.
  public var url: URL { folder.url }

  /// Whether this process may mount file systems.
  public static let isPossible: Bool = (try? MountedFolder(options: "size=64k")) != nil

  /// Mounts one with the options of tmpfs, for example "size=64k" or "ro".
  public init(options: String) throws {
    struct Refused: Error {}
    folder = try TemporaryFolder()
    guard
      try Self.run(["/usr/bin/mount", "-t", "tmpfs", "-o", options, "cac-test", folder.url.path])
    else { throw Refused() }
  }

  private static func run(_ command: [String]) throws -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: command[0])
    process.arguments = Array(command.dropFirst())
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  deinit { _ = try? Self.run(["/usr/bin/umount", "-l", folder.url.path]) }
}
