// SPDX-License-Identifier: Apache-2.0

/// The normalisation of the intensities of a channel.
///
/// Raw values are nnU-Net's class names in plans files.
public enum NormalizationScheme: String, Codable, CaseIterable, Hashable, Sendable {
  /// Clip to the data set's percentiles, then subtract its mean and divide by its standard
  /// deviation.
  case ct = "CTNormalization"
  /// Subtract the image's mean and divide by its standard deviation.
  case zScore = "ZScoreNormalization"
  /// Change nothing.
  case none = "NoNormalization"
  /// Map the image's range to 0…1.
  case rescaleTo01 = "RescaleTo01Normalization"
  /// Divide 0…255 by 255.
  case rgbTo01 = "RGBTo01Normalization"

  /// The scheme for a channel name of dataset.json; other names than nnU-Net's mean z-score.
  public init(channelName: String) {
    switch channelName.lowercased() {
    case "ct": self = .ct
    case "nonorm": self = .none
    case "rescale_to_0_1": self = .rescaleTo01
    case "rgb_to_0_1": self = .rgbTo01
    default: self = .zScore
    }
  }

  /// A scheme by nnU-Net's class name.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let name = try container.decode(String.self)
    guard let scheme = Self(rawValue: name) else {
      let names = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "the normalisation \(name) is not supported, only \(names)")
    }
    self = scheme
  }

  /// Whether the scheme is restricted to the non-zero region when images are mostly empty.
  public var usesNonzeroMask: Bool { self == .zScore }
}
