// SPDX-License-Identifier: Apache-2.0
package import Agatston
package import Studies
package import Volume

/// A scan with its mask and score, for what is done with them next.
package struct ScoredScan: Sendable {
  /// The score under the first convention.
  package var score: StudyScore
  /// The scan as it was read.
  package let scan: Scan.Loaded
  /// What was scored.
  package let mask: Volume<UInt8>
  /// Whether the mask tells arteries.
  package let hasArteryLabels: Bool
  /// The middle of the heart in LPS mm, where a model found it.
  package let heartCentre: SIMD3<Double>?
  /// Why the score is to be doubted.
  package let doubts: [String]
  /// The model that made the mask; `nil` where the mask was given.
  package let model: String?
  /// What tells the model from others by a digest; `nil` where it has none.
  package var modelDigest: String?
  /// Where the factor of the mass comes from, in words; `nil` without a mass.
  package var massSource: String?
  /// Pictures of the scan, where they were asked for.
  package var pictures: StudyPictures?
  /// The range of the score in points, where the model gives one.
  package var range: ClosedRange<Double>?
}
