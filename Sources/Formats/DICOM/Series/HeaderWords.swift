// SPDX-License-Identifier: Apache-2.0

/// The words that real headers have where the standard wants a code, and what they mean.
///
/// Makers, archives and tools for de-identification spell codes out, misspell them, or write them in
/// small letters. A word that says something else than what is asked for is never taken for it.
enum HeaderWords {
  /// What a header says of the unit of its values (RescaleType, PS3.3, C.11.1.1.2).
  enum ValueUnit: Equatable {
    /// Hounsfield units, or nothing, which means the same for CT.
    case hounsfield
    /// The standard's word for values of no particular unit.
    case unspecified
    /// Something else: an optical density, an electron density, a material.
    case other(String)
  }

  /// The letters of a word in capitals, without blanks, points and brackets.
  private static func letters(_ word: String) -> String {
    String(word.uppercased().filter { $0.isLetter || $0.isNumber })
  }

  /// What a RescaleType means; `nil` where the header has none.
  static func unit(_ type: String?) -> ValueUnit {
    guard let type else { return .hounsfield }
    let word = letters(type)
    // "Houndsfield" is how a maker spells it.
    if ["HOUNSFIELD", "HOUNDSFIELD", "HOUNSFELD"].contains(where: word.contains) {
      return word.contains("MOD") ? .other(type) : .hounsfield
    }
    switch word {
    case "HU", "HUS", "HUNIT", "HUNITS", "H", "CTNUMBER", "", "NONE", "NA": return .hounsfield
    case "US", "UNSPECIFIED": return .unspecified
    default: return .other(type)
    }
  }

  /// Whether a Modality says CT.
  static func isCT(_ modality: String) -> Bool {
    [
      "CT", "COMPUTEDTOMOGRAPHY", "CTSCAN", "CTIMAGE", "COMPUTERISEDTOMOGRAPHY",
      "COMPUTERIZEDTOMOGRAPHY",
    ].contains(letters(modality))
  }

  /// Whether a word of ImageType or FrameType says that the image is a scout.
  static func isLocalizer(_ type: String) -> Bool {
    type.uppercased().split { !$0.isLetter }.contains {
      ["LOCALIZER", "LOCALISER", "SCOUT", "TOPOGRAM", "SURVIEW", "SCANOGRAM"].contains($0)
    }
  }

  /// Whether a word of ImageType or FrameType says that the values are those of a map that was
  /// computed from a perfusion scan, such as a blood flow.
  static func isPerfusionMap(_ type: String) -> Bool {
    ["PERFUSION", "RCBF", "RCBV", "CBF", "CBV", "MTT", "TTP", "TMAX"].contains(letters(type))
  }

  /// Whether a ContrastBolusAgent names an agent, and not that there was none.
  static func namesAgent(_ text: String) -> Bool {
    let word = letters(text)
    let none = [
      "", "NONE", "NO", "N", "0", "NA", "NIL", "NATIVE", "NEGATIVE", "FALSE", "WO", "UNENHANCED",
      "PLAIN",
    ]
    return !none.contains(word)
      && !["NOCONTRAST", "NONCONTRAST", "WITHOUT", "NOIV", "NOAGENT", "WOCONTRAST", "UNENHANCED"]
        .contains(where: word.hasPrefix)
  }
}
