// SPDX-License-Identifier: Apache-2.0
import Statistics

/// A statistic, or the sentence that says why it does not exist for these subjects.
public enum Statistic<Value: Codable & Hashable & Sendable>: Hashable, Sendable {
  /// The statistic exists.
  case value(Value)
  /// It does not, for the reason given.
  case undefined(String)

  /// Computes a statistic and keeps a refusal as its reason.
  init(_ body: () throws(StatisticsError) -> Value) {
    do {
      self = .value(try body())
    } catch {
      self = .undefined(error.description)
    }
  }

  /// The statistic, if it exists.
  public var value: Value? {
    if case .value(let value) = self { value } else { nil }
  }
}

extension Statistic: Codable {
  private enum CodingKeys: String, CodingKey { case undefined }

  /// Writes the value, or an object with the key "undefined" and the reason.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .value(let value): try value.encode(to: encoder)
    case .undefined(let reason):
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(reason, forKey: .undefined)
    }
  }

  /// Reads what `encode(to:)` writes.
  public init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: CodingKeys.self),
      let reason = try container.decodeIfPresent(String.self, forKey: .undefined)
    {
      self = .undefined(reason)
    } else {
      self = .value(try Value(from: decoder))
    }
  }
}
