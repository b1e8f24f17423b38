// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// A folder that lives as long as this value and is removed with it.
public final class TemporaryFolder: Sendable {
  /// The folder.
  public let url: URL

  /// Makes an empty folder.
  public init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cac-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  /// A path inside the folder.
  public func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  /// The names inside the folder, hidden ones too, to find what a failed write left behind.
  public var allNames: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}
