// SPDX-License-Identifier: Apache-2.0

/// How the intensities of a channel are brought to a common range.
///
/// Raw values are nnU-Net's class names in plans files.
public enum NormalizationScheme: String, Codable, CaseIterable, Hashable, Sendable {
  /// Clip to the data set's percentiles, then subtract its mean and divide by its deviation.
  case ct = "CTNormalization"
  /// Subtract the image's mean and divide by its deviation.
  case zScore = "ZScoreNormalization"
  /// Change nothing.
  case none = "NoNormalization"
  /// Map the image's range to 0…1.
  case rescaleTo01 = "RescaleTo01Normalization"
  /// Divide 0…255 by 255.
  case rgbTo01 = "RGBTo01Normalization"

  /// The scheme that a channel name of dataset.json asks for; unknown names mean z-score.
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
      let known = Self.allCases.map(\.rawValue).joined(separator: ", ")
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "the normalisation \(name) is not supported, only \(known)")
    }
    self = scheme
  }

  /// Whether the scheme leaves voxels outside the non-zero mask alone when images are mostly empty.
  public var leavesOutsideAlone: Bool { self == .zScore }
}
