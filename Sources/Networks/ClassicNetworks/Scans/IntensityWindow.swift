// SPDX-License-Identifier: Apache-2.0

/// A linear map from Hounsfield units, cut off at both ends.
package struct IntensityWindow: Sendable {
  private let low: Float
  private let high: Float
  private let centre: Float
  private let width: Float

  /// The window of the first network: (clip(HU, −1000, 3000) − 130) / 1130.
  package static let detector = IntensityWindow(low: -1000, high: 3000, centre: 130, width: 1130)
  /// The window of the second network: −800 … 1200 HU become 0 … 1.
  package static let verifier = IntensityWindow(low: -800, high: 1200, centre: -800, width: 2000)

  /// The value of a voxel.
  package func callAsFunction(_ hu: Int16) -> Float {
    (max(low, min(high, Float(hu))) - centre) / width
  }
}
