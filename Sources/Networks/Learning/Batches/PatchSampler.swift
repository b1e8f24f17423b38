// SPDX-License-Identifier: Apache-2.0
import NNUNet

/// Draws the cases and patches of a batch (nnU-Net's data loader).
struct PatchSampler: Hashable, Sendable {
  /// A patch of a case.
  struct Choice: Hashable, Sendable {
    /// The index of the case.
    let caseIndex: Int
    /// The first voxel (z, y, x), possibly outside of the image.
    let start: [Int]
    /// Whether the patch was chosen to hold foreground.
    let isForced: Bool

    /// A patch of given values.
    init(caseIndex: Int, start: [Int], isForced: Bool) {
      self.caseIndex = caseIndex
      self.start = start
      self.isForced = isForced
    }
  }

  /// The number of patches of a batch.
  let batchSize: Int
  /// The size (z, y, x) that is read; one slice in 2D.
  let size: [Int]
  /// The size (z, y, x) of the network's input.
  let finalSize: [Int]
  /// The number of patches of a batch that need not hold foreground.
  private let freeCount: Int

  /// A sampler of patches; for validation both sizes are the network's.
  ///
  /// - Parameters:
  ///   - initialPatchSize: the size to read, of two or three axes.
  ///   - finalPatchSize: the size of the network's input.
  ///   - foregroundShare: the share of patches that must hold foreground, where their case has
  ///     some.
  init(
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

  /// The number of patches that make a share of the batch; they are the first ones and never
  /// forced.
  func count(ofShare share: Double) -> Int {
    min(freeCount, Int((Double(batchSize) * share).rounded()))
  }

  /// Whether the patch of an index in the batch is forced to hold foreground.
  func isForced(_ index: Int) -> Bool { index >= freeCount }

  /// Draws a batch from cases, uniformly and with replacement.
  ///
  /// - Parameters:
  ///   - caseCount: The number of cases to draw from.
  ///   - random: The generator.
  ///   - describe: The shape (z, y, x) and the class locations of a case.
  func batch<R: RandomNumberGenerator>(
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
  func bounds(for shape: [Int]) -> [ClosedRange<Int>] {
    (0..<3).map { axis in
      var need = size[axis] - finalSize[axis]
      if need + shape[axis] < size[axis] { need = size[axis] - shape[axis] }
      return -((need + 1) / 2)...shape[axis] + need / 2 + need % 2 - size[axis]
    }
  }

  /// Draws the first voxel of one patch.
  ///
  /// A forced patch is centred on a sampled voxel of a class, which is drawn uniformly. It may
  /// extend beyond the far border, where the reader pads it.
  func start<R: RandomNumberGenerator>(
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
