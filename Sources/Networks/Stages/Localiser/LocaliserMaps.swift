// SPDX-License-Identifier: Apache-2.0

/// What the localiser says about a scan, on the scan's grid; axes are z, y, x, x fastest.
public struct LocaliserMaps: Sendable {
  /// The numbers of voxels along z, y and x.
  public var extent: [Int]
  /// The probability of each tissue class at each voxel: classes × voxels.
  public var probabilities: [Float]
  /// The heat maps: maps × voxels.
  ///
  /// They are estimates of values in 0…1 and may lie outside.
  public var heatMaps: [Float]

  /// Maps of a scan.
  public init(extent: [Int], probabilities: [Float], heatMaps: [Float]) {
    self.extent = extent
    self.probabilities = probabilities
    self.heatMaps = heatMaps
  }
}
