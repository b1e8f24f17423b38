// SPDX-License-Identifier: Apache-2.0

/// Who made a mask, as DICOM objects say it.
package enum ResultOrigin: String, CaseIterable, Sendable {
  /// A model, whose result nobody changed.
  case ai
  /// A model whose result a reader corrected.
  case corrected
  /// A reader by hand.
  case reader

  /// The SegmentAlgorithmType.
  var algorithmType: String {
    switch self {
    case .ai: "AUTOMATIC"
    case .corrected: "SEMIAUTOMATIC"
    case .reader: "MANUAL"
    }
  }

  /// How series are described.
  var words: String {
    switch self {
    case .ai: "AI unverified"
    case .corrected: "AI corrected"
    case .reader: "reader"
    }
  }

  /// What a reader of the sheet must know.
  var sentence: String {
    switch self {
    case .ai: "Found by a computer; not verified by a reader. Research software, no medical device."
    case .corrected:
      "Found by a computer and corrected by a reader. Research software, no medical device."
    case .reader: "Marked by a reader. Research software, no medical device."
    }
  }
}
