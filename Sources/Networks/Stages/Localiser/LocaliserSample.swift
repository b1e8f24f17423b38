// SPDX-License-Identifier: Apache-2.0

/// One training crop of the localiser; its axes are z, y, x, x fastest.
public struct LocaliserSample: Sendable {
  /// The class number of voxels that count in no term about classes.
  public static let notCounted: UInt8 = 255

  /// The numbers of voxels along z, y and x; multiples of the design's `multiple`.
  public var extent: [Int]
  /// The Hounsfield units of the voxels.
  public var hu: [Float]
  /// The class number of each voxel; 255 where it does not count.
  public var classes: [UInt8]
  /// The heat maps one after the other, each as many values as there are voxels, 0…1.
  public var heatMaps: [Float]

  /// A crop; it is checked against the design when the loss is computed.
  public init(extent: [Int], hu: [Float], classes: [UInt8], heatMaps: [Float]) {
    self.extent = extent
    self.hu = hu
    self.classes = classes
    self.heatMaps = heatMaps
  }
}
