// SPDX-License-Identifier: Apache-2.0
import Agatston
import Segmentation

/// One study in JSON: its score, and what comes with it where a model made the mask.
struct StudyEntry: Encodable, Sendable {
  let score: StudyScore
  let automatic: AutomaticScore?

  private enum CodingKeys: String, CodingKey {
    case model, interval, uncertainty, doubts
    case nonCoronary = "non_coronary"
  }

  /// Writes every key side by side with those of the score; unknown facts are null.
  func encode(to encoder: any Encoder) throws {
    try score.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(automatic?.model, forKey: .model)
    try container.encode(automatic?.range, forKey: .interval)
    try container.encode(automatic?.uncertainty, forKey: .uncertainty)
    try container.encode(automatic?.doubts.map(\.text) ?? [], forKey: .doubts)
    let named = automatic?.nonCoronary.map { sites in
      Dictionary(uniqueKeysWithValues: sites.map { ($0.key.rawValue, $0.value) })
    }
    try container.encode(named, forKey: .nonCoronary)
  }
}
