// SPDX-License-Identifier: Apache-2.0
public import Agatston

/// The centreline of a coronary artery or one of its branches, in the atlas.
public struct CoronaryCourse: Sendable {
  /// The distance between points, about, in mm.
  public static let step: Float = 1.5

  /// The artery that calcium of this branch is counted with.
  public let artery: Artery
  /// Whether this is the artery's trunk.
  public let isTrunk: Bool
  /// Points `step` apart, in mm, from the end nearest to the aorta on.
  public let points: [SIMD3<Float>]
  /// The distance of each point along the artery from the aorta, in mm.
  public let distances: [Float]
  /// The radius of the vessel at each point, in mm.
  public let radii: [Float]

  /// How far along a branch calcium is looked for, in mm.
  ///
  /// Beyond it vessels are thin and calcium is rare; their ends cover the whole heart, so that closeness
  /// to them would say nothing.
  public static let branchReach: Float = 35
  /// The length below which a branch, as those to the septum and the cone are, is left out, in mm.
  public static let shortestBranch: Float = 24

  /// The points at which calcium is looked for: a trunk whole, a branch in its first part, a short
  /// branch nowhere.
  public var sites: Range<Int> {
    if isTrunk { return points.indices }
    guard length >= Self.shortestBranch, let start = distances.first else { return 0..<0 }
    return 0..<(distances.firstIndex { $0 - start > Self.branchReach } ?? points.count)
  }

  /// The length in mm.
  public var length: Float { (distances.last ?? 0) - (distances.first ?? 0) }
}
