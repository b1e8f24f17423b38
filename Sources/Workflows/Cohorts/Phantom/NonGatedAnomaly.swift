// SPDX-License-Identifier: Apache-2.0
import COCA

/// The anomalies of a subject of COCA's non-gated half, mostly of its row of scores.
///
/// `cac phantom --protocol chest --anomalies` makes one subject of each. An audit has to find each
/// by general rules. The order matters: the subjects before and after `missingID` have rows or
/// studies, so that the missing id lies within the run of ids.
enum NonGatedAnomaly: String, CaseIterable, Sendable {
  case totalMismatch = "total 7.5 above the sum of the vessels"
  case zeroTotal = "total 0 though a vessel has calcium"
  case scoreWithoutStudy = "scores without a study"
  case studyWithoutScore = "a study without scores"
  case missingID = "an id that the run lacks"
  case numberAsText = "a number stored as text"
  case word = "a word in place of a number"
  case missingValue = "an empty cell"
  case negativeValue = "a score below 0"
  case doubledRow = "two rows with one id"
  case missingInnerFolder = "no inner folder"
  case noise = ".DS_Store files"
  case strayID = "an id far from all others and without a study"

  /// The exact findings that an audit has to report as anomalies.
  var codes: Set<FindingCode> {
    switch self {
    case .totalMismatch: [.totalMismatch]
    case .zeroTotal: [.totalMismatch, .zeroTotal]
    case .scoreWithoutStudy: [.scoreWithoutStudy]
    case .studyWithoutScore: [.missingID, .studyWithoutScore]
    case .missingID: [.missingID]
    case .numberAsText, .word: [.textInNumber]
    case .missingValue: [.missingValue]
    case .negativeValue: [.negativeValue]
    case .doubledRow: [.duplicateID]
    case .missingInnerFolder, .noise: []
    case .strayID: [.strayID, .scoreWithoutStudy]
    }
  }

  /// The finding that an audit has to report as a note, not as an anomaly.
  var note: FindingCode? { self == .missingInnerFolder ? .missingInnerFolder : nil }

  /// Whether the subject has a study.
  var hasStudy: Bool { ![.scoreWithoutStudy, .missingID, .strayID].contains(self) }
  /// Whether the subject has a row of scores.
  var hasScores: Bool { ![.studyWithoutScore, .missingID].contains(self) }
}
