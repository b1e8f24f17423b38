// SPDX-License-Identifier: Apache-2.0

/// A coded concept of DICOM: a value, the scheme that defines it, and its meaning in words.
public struct DICOMCode: Hashable, Sendable {
  /// The value, as "18115005".
  public let value: String
  /// The scheme: SCT for SNOMED CT, DCM for DICOM's own, UCUM for units.
  public let scheme: String
  /// The meaning in ASCII.
  public let meaning: String

  /// A concept.
  public init(_ value: String, _ scheme: String, _ meaning: String) {
    self.value = value
    self.scheme = scheme
    self.meaning = meaning
  }
}
