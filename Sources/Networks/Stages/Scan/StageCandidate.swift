// SPDX-License-Identifier: Apache-2.0

/// A connected set of bright voxels that may be calcium.
public struct StageCandidate: Sendable {
  /// Its voxels in the scan, x fastest, ascending.
  public let voxels: [Int]
  /// The brightest of them, in HU.
  public let peak: Int16
  /// Its largest area in a slice, in mm².
  public let area: Double
  /// Its centre in voxels of the scan: x, y, z.
  public let centre: SIMD3<Double>
  /// The closeness to each artery, by its name, from the localiser's heat maps: a mean over voxels.
  public var heat: [String: Float] = [:]
  /// The mean probability of lying in the pericardial sac.
  public var sac: Float = 0
  /// The probability of each class, from the classifier; empty where there is none.
  public var probabilities: [String: Float] = [:]
  /// The same by what the localiser says with its cubes elsewhere, for each place of them.
  public var variants: [[String: Float]] = []
  /// What it was taken for: the name of an artery or of another class.
  public var name = "none"

  /// A candidate of which nothing is known but its voxels.
  public init(voxels: [Int], peak: Int16, area: Double, centre: SIMD3<Double>) {
    self.voxels = voxels
    self.peak = peak
    self.area = area
    self.centre = centre
  }

  /// The artery that it lies nearest to.
  public var nearestArtery: (name: String, heat: Float)? {
    heat.max { ($0.value, $1.key) < ($1.value, $0.key) }.map { ($0.key, $0.value) }
  }
}
