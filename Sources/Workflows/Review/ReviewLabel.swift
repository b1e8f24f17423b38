// SPDX-License-Identifier: Apache-2.0
package import Agatston

/// What a reader takes a lesion for.
///
/// Raw values are those of the label maps that are exported; 1 to 4 are the arteries of `Artery`.
package enum ReviewLabel: UInt8, CaseIterable, Sendable, Hashable {
  case leftMain = 1
  case leftAnteriorDescending = 2
  case leftCircumflex = 3
  case right = 4
  /// Coronary calcium of no named artery, as plain masks mark it.
  case calcium = 5
  case aorta = 11
  case aorticValve = 12
  case mitralAnnulus = 13
  case pericardium = 14
  case metal = 15
  case noise = 16
  case other = 17

  /// The word in actions, tables and files.
  package var word: String {
    switch self {
    case .leftMain: "LM"
    case .leftAnteriorDescending: "LAD"
    case .leftCircumflex: "LCX"
    case .right: "RCA"
    case .calcium: "calcium"
    case .aorta: "aorta"
    case .aorticValve: "aortic valve"
    case .mitralAnnulus: "mitral annulus"
    case .pericardium: "pericardium"
    case .metal: "metal"
    case .noise: "noise"
    case .other: "other"
    }
  }

  /// The artery; `nil` for calcium of no named one and for what is not coronary.
  package var artery: Artery? { Artery(rawValue: rawValue) }

  /// Whether it counts in the score.
  package var isCoronary: Bool { rawValue <= Self.calcium.rawValue }

  /// The non-coronary calcium that is scored for itself, beside the total.
  package static let scoredBeside: [ReviewLabel] = [.aorta, .aorticValve, .mitralAnnulus]

  /// A label by its word; `nil` for an unknown one.
  package init?(word: String) {
    guard let label = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = label
  }
}

extension ReviewLabel: Codable {
  /// Reads a label by its word.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let word = try container.decode(String.self)
    guard let label = Self(word: word) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "no label of this name")
    }
    self = label
  }

  /// Writes the label's word.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(word)
  }
}
