// SPDX-License-Identifier: Apache-2.0

/// How the elements of a file are encoded (PS3.5, section 10 and annex A).
struct TransferSyntax: Hashable, Sendable {
  let uid: String

  static let implicitLittleEndian = TransferSyntax(uid: "1.2.840.10008.1.2")
  static let explicitLittleEndian = TransferSyntax(uid: "1.2.840.10008.1.2.1")
  static let explicitBigEndian = TransferSyntax(uid: "1.2.840.10008.1.2.2")
  static let deflated = TransferSyntax(uid: "1.2.840.10008.1.2.1.99")

  /// The syntaxes with compressed pixels that GDCM decodes.
  private static let compressed: Set<String> = [
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.5",
  ]

  /// The compressed syntaxes that may change the pixels: JPEG baseline and extended, near-lossless
  /// JPEG-LS, JPEG 2000 without the restriction to lossless.
  private static let lossy: Set<String> = [
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.91",
  ]

  var isExplicit: Bool { self != .implicitLittleEndian }
  var isBigEndian: Bool { self == .explicitBigEndian }
  var isDeflated: Bool { self == .deflated }
  var isCompressed: Bool { Self.compressed.contains(uid) }
  var isLossy: Bool { Self.lossy.contains(uid) }

  var isSupported: Bool {
    isCompressed || isDeflated || self == .implicitLittleEndian || self == .explicitLittleEndian
      || self == .explicitBigEndian
  }
}
