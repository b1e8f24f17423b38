// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The largest rotation of patches, and the size to read so that rotated patches are covered.
public struct AugmentationGeometry: Hashable, Sendable {
  /// The largest rotation in degrees, to both sides.
  public let rotationDegrees: Double
  /// Whether a thin 3D patch is rotated within its slices only.
  public let rotatesInPlane: Bool
  /// The axes of the patch that mirroring may flip.
  public let mirrorAxes: [Int]
  /// The size that is read before the rotation and scaling.
  public let initialPatchSize: [Int]

  /// The geometry of a network patch of two or three axes, as nnU-Net's trainer chooses it.
  public init(patchSize: [Int]) {
    let v = patchSize.map(Double.init)
    let longest = v.max() ?? 1
    mirrorAxes = Array(patchSize.indices)
    if patchSize.count == 2 {
      rotatesInPlane = false
      rotationDegrees = longest / (v.min() ?? 1) > 1.5 ? 15 : 180
    } else {
      rotatesInPlane = longest / v[0] > 3
      rotationDegrees = rotatesInPlane ? 180 : 30
    }
    let angle = min(90, rotationDegrees) * Double.pi / 180
    let (c, s) = (cos(angle), sin(angle))
    var reach = v
    /// Widens the reach by the vector turned in the plane of two axes.
    func turn(_ a: Int, _ b: Int, _ sign: Double) {
      reach[a] = max(reach[a], abs(v[a] * c + sign * v[b] * s))
      reach[b] = max(reach[b], abs(-sign * v[a] * s + v[b] * c))
    }
    if patchSize.count == 2 {
      turn(0, 1, 1)
    } else {
      turn(1, 2, 1)
      turn(0, 2, -1)
      turn(0, 1, 1)
    }
    // nnU-Net divides by 0.85 although scaling goes down to 0.7.
    var initial = reach.map { Int($0 / 0.85) }
    if rotatesInPlane { initial[0] = patchSize[0] }
    initialPatchSize = initial
  }
}

/// Draws the cases and patches of a batch (nnU-Net's data loader).
public struct PatchSampler: Hashable, Sendable {
  /// A patch of a case.
  public struct Choice: Hashable, Sendable {
    /// The index of the case.
    public let caseIndex: Int
    /// The first voxel (z, y, x), possibly outside of the image.
    public let start: [Int]
    /// Whether the patch was chosen to hold foreground.
    public let isForced: Bool

    /// A patch of given values.
    public init(caseIndex: Int, start: [Int], isForced: Bool) {
      self.caseIndex = caseIndex
      self.start = start
      self.isForced = isForced
    }
  }

  /// The number of patches of a batch.
  public let batchSize: Int
  /// The size (z, y, x) that is read; one slice in 2D.
  public let size: [Int]
  /// The size (z, y, x) of the network's input.
  public let finalSize: [Int]
  /// The number of patches of a batch that need not hold foreground.
  private let freeCount: Int

  /// A sampler of patches; for validation both sizes are the network's.
  ///
  /// - Parameters:
  ///   - initialPatchSize: the size to read, of two or three axes.
  ///   - finalPatchSize: the size of the network's input.
  ///   - foregroundShare: the share of patches that must hold foreground, where their case has some.
  public init(
    batchSize: Int, initialPatchSize: [Int], finalPatchSize: [Int],
    foregroundShare: Double
  ) {
    precondition(initialPatchSize.count == finalPatchSize.count, "sizes of equal rank")
    self.batchSize = batchSize
    size = finalPatchSize.count == 2 ? [1] + initialPatchSize : initialPatchSize
    finalSize = finalPatchSize.count == 2 ? [1] + finalPatchSize : finalPatchSize
    freeCount = Int(
      (Double(batchSize) * (1 - foregroundShare)).rounded(.toNearestOrEven))
  }

  /// The number of patches that make a share of the batch; they are the first ones and never forced.
  public func count(ofShare share: Double) -> Int {
    min(freeCount, Int((Double(batchSize) * share).rounded()))
  }

  /// Whether the patch of an index in the batch is forced to hold foreground.
  public func isForced(_ index: Int) -> Bool { index >= freeCount }

  /// Draws a batch from cases, uniformly and with replacement.
  ///
  /// - Parameters:
  ///   - caseCount: The number of cases to draw from.
  ///   - random: The generator.
  ///   - describe: The shape (z, y, x) and the class locations of a case.
  public func batch<R: RandomNumberGenerator>(
    caseCount: Int, using random: inout R,
    describe: (Int) throws -> (shape: [Int], locations: [ClassLocations])
  ) rethrows -> [Choice] {
    precondition(caseCount > 0, "cases to draw from")
    return try (0..<batchSize).map { sample in
      let index = Int.random(in: 0..<caseCount, using: &random)
      let (shape, locations) = try describe(index)
      let start = start(
        forced: isForced(sample), shape: shape, locations: locations, using: &random)
      return Choice(caseIndex: index, start: start, isForced: isForced(sample))
    }
  }

  /// The bounds of the first voxel along each axis, both included.
  public func bounds(for shape: [Int]) -> [ClosedRange<Int>] {
    (0..<3).map { axis in
      var need = size[axis] - finalSize[axis]
      if need + shape[axis] < size[axis] { need = size[axis] - shape[axis] }
      return -((need + 1) / 2)...shape[axis] + need / 2 + need % 2 - size[axis]
    }
  }

  /// Draws the first voxel of one patch.
  ///
  /// A forced patch is centred on a sampled voxel of a class, which is drawn uniformly. It may extend
  /// beyond the far border, where the reader pads it.
  public func start<R: RandomNumberGenerator>(
    forced: Bool, shape: [Int], locations: [ClassLocations], using random: inout R
  ) -> [Int] {
    let bounds = bounds(for: shape)
    func isAnnotated(_ entry: ClassLocations) -> Bool { entry.values.first == -1 }
    var eligible = locations.filter { $0.count > 0 }
    if forced {
      let classes = eligible.filter { !isAnnotated($0) }
      if !classes.isEmpty { eligible = classes }
    } else {
      // With an ignore label even free patches must contain annotated voxels.
      eligible = eligible.filter(isAnnotated)
    }
    guard let chosen = eligible.randomElement(using: &random) else {
      return bounds.map { Int.random(in: $0, using: &random) }
    }
    let voxel = chosen.voxel(Int.random(in: 0..<chosen.count, using: &random))
    return (0..<3).map { max(bounds[$0].lowerBound, voxel[$0] - size[$0] / 2) }
  }
}
