// SPDX-License-Identifier: Apache-2.0
import COCA

/// What can be wrong with a subject of COCA's non-gated half, mostly with its row of scores.
///
/// `cac phantom --protocol chest --anomalies` makes one subject of each, and an audit has to find each
/// by rules that know no subject. The first and the last are in the run of ids, so that what the run
/// lacks lies within it.
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

  /// The anomalies that an audit has to report, and no others.
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

  /// The note that an audit has to make, which is no anomaly.
  var note: FindingCode? { self == .missingInnerFolder ? .missingInnerFolder : nil }

  var hasStudy: Bool { ![.scoreWithoutStudy, .missingID, .strayID].contains(self) }
  var hasScores: Bool { ![.studyWithoutScore, .missingID].contains(self) }
}
