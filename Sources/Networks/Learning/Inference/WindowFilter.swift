// SPDX-License-Identifier: Apache-2.0
public import NNUNet

/// Selects the windows of a case that are computed; the others become background.
public struct WindowFilter {
  /// The logits of skipped windows.
  let background: [Float]
  /// Whether a window is computed, given its first voxel (z, y, x), which may be before the image,
  /// and its size.
  let isNeeded: (_ start: [Int], _ size: [Int]) -> Bool

  /// A filter for a model with some labels.
  public init(_ labels: LabelScheme, isNeeded: @escaping ([Int], [Int]) -> Bool) {
    // This leaves a probability of e⁻¹⁶ for other labels. Regions have no channel for the
    // background.
    background = (0..<labels.outputCount).map { $0 == 0 && !labels.hasRegions ? 8 : -8 }
    self.isNeeded = isNeeded
  }

  /// The prediction (class, z, y, x) of a skipped window.
  func prediction(voxels: Int) -> [Float] {
    background.flatMap { [Float](repeating: $0, count: voxels) }
  }
}

/// Selects the windows that are averaged over mirrored copies, after all were computed without
/// copies.
public struct MirroringChoice {
  /// Given the logits (class, z, y, x) of the whole case, tells whether a window is averaged, given
  /// its first voxel and its size.
  package let choose: (_ logits: [Float16]) throws -> (_ start: [Int], _ size: [Int]) -> Bool

  /// A choice by the mean logits of all networks.
  public init(_ choose: @escaping ([Float16]) throws -> ([Int], [Int]) -> Bool) {
    self.choose = choose
  }
}

/// The numbers of all windows, of skipped ones and of mirrored ones.
public struct WindowCount: Sendable, Hashable {
  /// All windows of all cases and networks.
  public internal(set) var all = 0
  /// The windows that became background without being computed.
  public internal(set) var skipped = 0
  /// The windows that were averaged over mirrored copies.
  public internal(set) var mirrored = 0

  /// No windows.
  public init() {}

  /// Adds other windows.
  public static func += (sum: inout WindowCount, other: WindowCount) {
    sum.all += other.all
    sum.skipped += other.skipped
    sum.mirrored += other.mirrored
  }
}
