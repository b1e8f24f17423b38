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

/// How many windows there were, and how many of them were passed over.
public struct WindowCount: Sendable, Hashable {
  /// All windows of all cases and networks.
  public internal(set) var all = 0
  /// Those that became background without being computed.
  public internal(set) var skipped = 0

  /// None so far.
  public init() {}
}
