// SPDX-License-Identifier: Apache-2.0

/// The meaning of the name of a reconstruction kernel, by the conventions of the four makers.
///
/// Sharp kernels raise noise and edges above 130 HU. Calcium scores were calibrated with a medium
/// one of each maker (McCollough et al. 2007, doi:10.1148/radiol.2432050808).
struct Kernel {
  private let name: String

  /// A kernel by its name; of several values the first is the name.
  init(_ text: String) {
    name = (text.split(separator: "\\").first.map(String.init) ?? "").uppercased()
      .filter { !$0.isWhitespace }
  }

  /// Whether it is one for lung, bone or other edges; an unknown name is none.
  var isSharp: Bool {
    if Self.sharpNames.contains(name) { return true }
    guard let number else { return false }
    // Canon's FC20 to FC99 are for head, bone and lung; elsewhere the number is the sharpness.
    return name.hasPrefix("FC") ? number >= 20 : number >= 45
  }

  /// Whether it is one that calcium is scored with; Siemens adds a letter for the scanner.
  var isForCalcium: Bool {
    Self.calciumNames.contains(name)
      || (name.hasSuffix("F") || name.hasSuffix("D")) && number != nil
        && Self.calciumNames.contains(String(name.dropLast()))
  }

  /// The number behind the letters, as in B35f or Qr36d.
  private var number: Int? {
    let letters = name.prefix { $0.isLetter }
    guard (1...2).contains(letters.count) else { return nil }
    return Int(name.dropFirst(letters.count).prefix { $0.isNumber })
  }

  /// GE's and Philips' names have no number.
  private static let sharpNames: Set<String> = [
    "LUNG", "BONE", "BONEPLUS", "EDGE", "DETAIL", "ULTRA", "D", "E", "L", "YA", "YB", "YC", "YD",
    "CD", "XCD",
  ]

  private static let calciumNames: Set<String> = [
    "B35", "SA36", "QR36", "STANDARD", "FC12", "B", "CB", "XCB",
  ]
}
