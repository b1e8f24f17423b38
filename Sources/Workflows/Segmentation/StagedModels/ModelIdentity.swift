// SPDX-License-Identifier: Apache-2.0

/// Which model made a result, so that it can be named years later.
package struct ModelIdentity: Hashable, Sendable, Codable, CustomStringConvertible {
  /// The model's name.
  package let name: String
  /// Its version, where it has one.
  package let version: String?
  /// The SHA-256 of its file, or of a folder of stages that of their digests.
  ///
  /// `nil` where no one file is the model.
  package let sha256: String?

  /// A model by its name.
  package init(name: String, version: String? = nil, sha256: String? = nil) {
    self.name = name
    self.version = version
    self.sha256 = sha256
  }

  private enum CodingKeys: String, CodingKey { case name, version, sha256 }

  /// Writes every key; what is unknown is null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(version, forKey: .version)
    try container.encode(sha256, forKey: .sha256)
  }

  /// Name, version and the first digits of the sum.
  package var description: String {
    let title = name + (version.map { " " + $0 } ?? "")
    return title + (sha256.map { " (SHA-256 \($0.prefix(12)))" } ?? "")
  }
}
