// SPDX-License-Identifier: Apache-2.0

/// A coronary artery of the label maps.
///
/// Raw values are the label values; COCA's "Left Coronary Artery" is the left main.
public enum Artery: UInt8, CaseIterable, Codable, Hashable, Sendable {
  /// The left main coronary artery (LM).
  case leftMain = 1
  /// The left anterior descending artery (LAD).
  case leftAnteriorDescending = 2
  /// The left circumflex artery (LCX).
  case leftCircumflex = 3
  /// The right coronary artery (RCA).
  case right = 4

  /// The short name that tables and files use.
  public var abbreviation: String {
    switch self {
    case .leftMain: "LM"
    case .leftAnteriorDescending: "LAD"
    case .leftCircumflex: "LCX"
    case .right: "RCA"
    }
  }
}
