// SPDX-License-Identifier: Apache-2.0

/// What a reader of a score should know of a scan, as a sentence.
///
/// ```swift
/// quality.warnings.append("tube voltage unknown; the thresholds assume 120 kV")
/// ```
///
/// JSON holds the sentence alone, and two warnings are equal where their sentences are.
public struct ScanWarning: Codable, Sendable, ExpressibleByStringInterpolation,
  CustomStringConvertible
{
  /// The sentence, with the scan's own figures.
  public let text: String
  /// The sentence without figures, which scans with other figures have, too; `nil` where there is
  /// none.
  public let summary: String?

  /// A warning; `summary` says the same without the scan's own figures.
  public init(_ text: String, summary: String? = nil) {
    self.text = text
    self.summary = summary
  }

  /// A warning without a summary.
  public init(stringLiteral text: String) { self.init(text) }

  /// Reads the sentence.
  public init(from decoder: any Decoder) throws {
    self.init(try decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the sentence.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }

  /// The sentence.
  public var description: String { text }
}

extension ScanWarning: Hashable {
  /// Whether the sentences are the same.
  public static func == (first: ScanWarning, second: ScanWarning) -> Bool {
    first.text == second.text
  }

  /// Hashes the sentence.
  public func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
