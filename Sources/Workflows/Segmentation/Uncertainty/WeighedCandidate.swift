// SPDX-License-Identifier: Apache-2.0

/// What may be coronary calcium, with the probability that it is.
package struct WeighedCandidate: Sendable {
  /// Its voxels in the scan, x fastest, ascending: those that are scored where it counts.
  package let voxels: [Int]
  /// The artery that it belongs to, or would, by its abbreviation; `nil` where nobody can tell.
  package let artery: String?
  /// Whether the label map counts it.
  package let isCounted: Bool
  /// The probability of being calcium of any coronary artery, as the model gives it.
  package let chance: Double
  /// The same by each opinion: of each fold, without mirrored copies, with noise, with the localiser's
  /// cubes elsewhere; at least one.
  package let chances: [Double]

  /// A candidate.
  package init(
    voxels: [Int], artery: String?, isCounted: Bool, chance: Double, chances: [Double]
  ) {
    self.voxels = voxels
    self.artery = artery
    self.isCounted = isCounted
    self.chance = chance
    self.chances = chances.isEmpty ? [chance] : chances
  }
}

/// How many opinions about each candidate are asked for.
package enum UncertaintyEffort: String, CaseIterable, Sendable {
  /// None: no probabilities, and no interval.
  case off
  /// Those that cost next to nothing: of each fold, or with the localiser's cubes at three places.
  case quick
  /// Also without mirrored copies and with noise, or with the cubes at five places and with noise.
  case full

  /// The number of copies of the scan with noise.
  package var noisyCopies: Int { self == .full ? 3 : 0 }

  /// The standard deviation in HU of the noise that is added to copies of a scan: half of what calcium
  /// scans have.
  package static let noise = 6.0
}
