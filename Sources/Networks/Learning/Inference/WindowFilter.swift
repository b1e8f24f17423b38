// SPDX-License-Identifier: Apache-2.0
public import NNUNet

/// Which windows of a case are computed, and what the others become.
public struct WindowFilter {
  /// The logits of what is passed over.
  let background: [Float]
  /// Whether a window is computed, by its first voxel (z, y, x), which may lie before the image, and
  /// its size.
  let isNeeded: (_ start: [Int], _ size: [Int]) -> Bool

  /// A filter for a model with some labels; what it passes over is background.
  public init(_ labels: LabelScheme, isNeeded: @escaping ([Int], [Int]) -> Bool) {
    // e⁻¹⁶ remains for everything else. Regions have no channel for the background.
    background = (0..<labels.outputCount).map { $0 == 0 && !labels.hasRegions ? 8 : -8 }
    self.isNeeded = isNeeded
  }

  /// The prediction (class, z, y, x) of a window that is passed over.
  func prediction(voxels: Int) -> [Float] {
    background.flatMap { [Float](repeating: $0, count: voxels) }
  }
}

/// Which windows are averaged over their mirrored copies, chosen when all were computed without.
public struct MirroringChoice {
  /// The choice by the logits (class, z, y, x) of the whole case: whether a window, by its first
  /// voxel and its size, is averaged.
  package let choose: (_ logits: [Float16]) throws -> (_ start: [Int], _ size: [Int]) -> Bool

  /// A choice by the mean logits of all networks.
  public init(_ choose: @escaping ([Float16]) throws -> ([Int], [Int]) -> Bool) {
    self.choose = choose
  }
}

/// How many windows there were, how many of them were passed over and how many mirrored.
public struct WindowCount: Sendable, Hashable {
  /// All windows of all cases and networks.
  public internal(set) var all = 0
  /// Those that became background without being computed.
  public internal(set) var skipped = 0
  /// Those that were averaged over mirrored copies.
  public internal(set) var mirrored = 0

  /// None so far.
  public init() {}

  /// Adds the windows of others.
  public static func += (sum: inout WindowCount, other: WindowCount) {
    sum.all += other.all
    sum.skipped += other.skipped
    sum.mirrored += other.mirrored
  }
}
