// SPDX-License-Identifier: Apache-2.0
public import Agatston

/// The centreline of a coronary artery or one of its branches, in the atlas.
public struct CoronaryCourse: Sendable {
  /// The artery that calcium of this branch is counted with.
  public let artery: Artery
  /// Whether this is the artery's trunk.
  public let isTrunk: Bool
  /// Points about 1.5 mm apart, in mm, from the end nearest to the aorta on.
  public let points: [SIMD3<Float>]
  /// The distance of each point along the artery from the aorta, in mm.
  public let distances: [Float]
  /// The radius of the vessel at each point, in mm.
  public let radii: [Float]

  /// The length in mm.
  public var length: Float { (distances.last ?? 0) - (distances.first ?? 0) }
}
