// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation

/// The scores of changed scans that were computed already, kept so that a stopped run goes on.
final class ScoreLog {
  private struct Stored: Codable {
    var digest: String
    var scores: [String: [String: Double]]
  }

  private let url: URL
  private var stored: Stored
  private var unsaved = 0

  /// The number of scores that an earlier run left.
  let earlier: Int

  /// The log in a file; scores of other inputs, by their digest, are forgotten.
  init(_ url: URL, digest: String) {
    self.url = url
    let old = try? JSONFile.read(Stored.self, from: url)
    stored =
      old?.digest == digest
      ? old ?? Stored(digest: digest, scores: [:])
      : Stored(digest: digest, scores: [:])
    earlier = stored.scores.count
  }

  /// The parts of a score, by artery and "total"; computed if it is not there.
  func parts(_ key: String, _ compute: () throws -> [String: Double]) throws -> [String: Double] {
    if let known = stored.scores[key] { return known }
    let parts = try compute()
    stored.scores[key] = parts
    unsaved += 1
    if unsaved >= 5 { try save() }
    return parts
  }

  /// Writes what is new.
  func save() throws {
    guard unsaved > 0 else { return }
    try JSONFile.write(stored, to: url)
    unsaved = 0
  }
}
