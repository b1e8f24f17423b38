// SPDX-License-Identifier: Apache-2.0

/// What the classifier of candidates sees and says: stage B.
///
/// A candidate is a group of connected pixels of at least 130 HU. The classifier looks at a fine patch
/// around it, at three coarse patches of its surroundings and at some numbers, and says what it is:
/// calcium of one of the arteries, of the aorta or a valve, bone, noise and so on.
public struct ClassifierDesign: StageDesign {
  /// The word for classifiers in files.
  public static let kind = "classifier"
  /// The views of the surroundings: axial, coronal, sagittal.
  public static let views = 3

  /// What a candidate can be; the index is the label.
  public var classes: [String]
  /// The channels of the fine patch.
  public var fineChannels: Int
  /// The channels of each coarse patch.
  public var coarseChannels: Int
  /// The edge of the fine patch in pixels.
  public var fineSize: Int
  /// The edge of the coarse patches in pixels.
  public var coarseSize: Int
  /// The number of numbers beside the patches.
  public var scalars: Int
  /// The channels of each level of both branches, finest first.
  public var features: [Int]

  /// A design.
  ///
  /// - Parameters:
  ///   - classes: what a candidate can be.
  ///   - fineChannels: the channels of the fine patch, such as neighbouring slices and masks.
  ///   - coarseChannels: the channels of each coarse patch.
  ///   - fineSize: the edge of the fine patch in pixels.
  ///   - coarseSize: the edge of the coarse patches in pixels.
  ///   - scalars: the number of numbers beside the patches.
  ///   - features: the channels of each level.
  public init(
    classes: [String], fineChannels: Int, coarseChannels: Int, fineSize: Int = 64,
    coarseSize: Int = 64, scalars: Int, features: [Int] = [16, 32, 64, 96]
  ) {
    self.classes = classes
    self.fineChannels = fineChannels
    self.coarseChannels = coarseChannels
    self.fineSize = fineSize
    self.coarseSize = coarseSize
    self.scalars = scalars
    self.features = features
  }

  /// The number of values of a fine patch: channels × rows × columns.
  public var fineCount: Int { fineChannels * fineSize * fineSize }
  /// The number of values of a coarse patch: channels × rows × columns.
  public var coarseCount: Int { coarseChannels * coarseSize * coarseSize }

  /// Checks that a network can be built.
  ///
  /// - Throws: `StagesError` with the code `design` that names the field.
  public func check() throws {
    try requireNames(classes, "classes", counts: 2...1000)
    try requireFeatures(features)
    for (field, channels) in [("fineChannels", fineChannels), ("coarseChannels", coarseChannels)] {
      try require((1...256).contains(channels), field, "is \(channels); 1 to 256 were expected")
    }
    // The coarsest level keeps at least two pixels along each edge.
    let sizes = 1 << features.count...1024
    for (field, size) in [("fineSize", fineSize), ("coarseSize", coarseSize)] {
      try require(
        sizes.contains(size), field,
        "is \(size); \(sizes.lowerBound) to \(sizes.upperBound) were expected")
    }
    try require((0...4096).contains(scalars), "scalars", "is \(scalars); 0 to 4096 were expected")
  }
}
