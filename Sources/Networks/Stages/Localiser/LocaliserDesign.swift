// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet

/// What the localiser sees and says: stage A.
///
/// The localiser looks at a whole scan in large voxels and says where things are: a tissue class for
/// each voxel and a heat map for each artery and landmark.
public struct LocaliserDesign: StageDesign {
  /// The word for localisers in files.
  public static let kind = "localiser"

  /// The edge of a voxel, in mm, the same along all axes.
  public var spacing: Double
  /// The channels of each level, finest first; each level has half the resolution of the one before.
  public var features: [Int]
  /// The windows of Hounsfield units; each is one input channel.
  public var windows: [HUWindow]
  /// The exclusive tissue classes; the index is the class number, and the first is "background".
  public var classes: [String]
  /// The heat maps, such as "LAD" or "left ostium".
  public var heatMaps: [String]

  /// A design.
  ///
  /// - Parameters:
  ///   - spacing: the edge of a voxel, in mm.
  ///   - features: the channels of each level. Multiples of 16 suit the convolutions of processors.
  ///   - windows: by default one for soft tissue and one for everything.
  ///   - classes: the tissue classes, the first of which is "background".
  ///   - heatMaps: the heat maps.
  public init(
    spacing: Double = 4, features: [Int] = [16, 32, 64, 96],
    windows: [HUWindow] = [HUWindow(-200, 200), HUWindow(-1000, 1000)], classes: [String],
    heatMaps: [String]
  ) {
    self.spacing = spacing
    self.features = features
    self.windows = windows
    self.classes = classes
    self.heatMaps = heatMaps
  }

  /// Extents of crops must be multiples of this number of voxels.
  public var multiple: Int { 1 << (features.count - 1) }

  /// Checks that a network can be built.
  ///
  /// - Throws: `StagesError` with the code `design` that names the field.
  public func check() throws {
    try require(
      spacing.isFinite && spacing > 0, "spacing",
      "is \(spacing); a positive number of mm was expected"
    )
    try requireFeatures(features)
    try require(
      (1...16).contains(windows.count) && windows.allSatisfy(\.isRange), "windows",
      "1 to 16 windows whose low end is below the high end were expected")
    // 255 marks voxels that do not count.
    try requireNames(classes, "classes", counts: 2...255)
    try require(
      classes[0] == "background", "classes", "the first is \"\(classes[0])\", not \"background\"")
    try requireNames(heatMaps, "heatMaps", counts: 0...255)
  }

  /// The U-Net of the design: two convolutions of 3×3×3 a level, instance norm, leaky ReLU.
  ///
  /// Convolutions have no bias, because the normalisation behind them removes it.
  var architecture: UNetArchitecture {
    get throws {
      try check()
      return try UNetArchitecture(
        NetworkArchitecture(
          featuresPerStage: features, kernelSizes: features.map { _ in [3, 3, 3] },
          strides: features.indices.map { $0 == 0 ? [1, 1, 1] : [2, 2, 2] }, convBias: false),
        inputChannels: windows.count, classes: classes.count + heatMaps.count)
    }
  }
}
