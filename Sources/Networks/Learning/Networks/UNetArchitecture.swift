// SPDX-License-Identifier: Apache-2.0

/// The form of a U-Net, as nnU-Net's plans describe it (Isensee 2021).
///
/// Stage 0 has the finest grid. Lists have one entry for each stage, decoder lists one less, from
/// the coarsest to the finest; kernels and strides have one entry for each spatial axis.
public struct UNetArchitecture: Sendable, Equatable {
  /// The number of spatial axes: 2 or 3.
  public let dimensions: Int
  /// The number of channels of the image.
  public let inputChannels: Int
  /// The number of channels of the logits: the classes, with the background.
  public let classes: Int
  /// The number of channels in each stage.
  public let featuresPerStage: [Int]
  /// The size of the convolutions' kernels in each stage; odd.
  public let kernelSizes: [[Int]]
  /// The stride of the first convolution in each stage.
  public let strides: [[Int]]
  /// The number of convolutions, or of residual blocks, in each stage of the encoder.
  public let convsPerStage: [Int]
  /// The number of convolutions in each stage of the decoder.
  public let convsPerStageDecoder: [Int]
  /// Whether convolutions have a bias.
  public let convBias: Bool
  /// What instance normalisation adds to the variance.
  public let normEpsilon: Double
  /// The slope of the activation for negative values.
  public let leakySlope: Double

  /// The number of resolutions.
  public var stageCount: Int { featuresPerStage.count }

  /// The number of logits with deep supervision: one less than stages.
  public var outputCount: Int { stageCount - 1 }

  /// What each extent of an image must be a multiple of: the product of the strides.
  public var divisors: [Int] {
    strides.reduce([Int](repeating: 1, count: dimensions)) { zip($0, $1).map { $0 * $1 } }
  }

  /// An architecture; throws a `LearningError` that names the field that contradicts the others.
  ///
  /// Without lists of convolutions there are two in each stage.
  public init(
    dimensions: Int, inputChannels: Int, classes: Int, featuresPerStage: [Int],
    kernelSizes: [[Int]], strides: [[Int]], convsPerStage: [Int]? = nil,
    convsPerStageDecoder: [Int]? = nil, convBias: Bool = true, normEpsilon: Double = 1e-5,
    leakySlope: Double = 0.01
  ) throws {
    self.dimensions = dimensions
    self.inputChannels = inputChannels
    self.classes = classes
    self.featuresPerStage = featuresPerStage
    self.kernelSizes = kernelSizes
    self.strides = strides
    self.convsPerStage = convsPerStage ?? featuresPerStage.map { _ in 2 }
    self.convsPerStageDecoder = convsPerStageDecoder ?? featuresPerStage.dropFirst().map { _ in 2 }
    self.convBias = convBias
    self.normEpsilon = normEpsilon
    self.leakySlope = leakySlope
    try check()
  }

  private func check() throws {
    func require(_ holds: Bool, _ field: String, _ detail: String) throws {
      if !holds { throw LearningError(.architecture, subject: field, detail: detail) }
    }
    // Nothing sensible comes near these bounds; within them no product overflows.
    let sensible = 1...65536
    try require((2...3).contains(dimensions), "dimensions", "must be 2 or 3, not \(dimensions)")
    try require(sensible.contains(inputChannels), "inputChannels", "cannot be \(inputChannels)")
    try require(sensible.contains(classes), "classes", "cannot be \(classes)")
    let n = stageCount
    try require(
      n != 1, "featuresPerStage",
      "of one stage have no output: nnU-Net plans such a network for images without an edge of 8 "
        + "voxels, and its own cannot be run either; plan with larger images or a finer spacing")
    try require((2...16).contains(n), "featuresPerStage", "2 to 16 stages are supported, not \(n)")
    try require(
      featuresPerStage.allSatisfy(sensible.contains), "featuresPerStage",
      "cannot be \(featuresPerStage)")
    for (field, lists) in [("kernelSizes", kernelSizes), ("strides", strides)] {
      try require(
        lists.count == n && lists.allSatisfy { $0.count == dimensions }, field,
        "\(n) stages with \(dimensions) axes were expected, not \(lists)")
      try require(
        lists.allSatisfy { $0.allSatisfy((1...32).contains) }, field, "cannot be \(lists)")
    }
    // The decoder ends at the grid of stage 0, which must be that of the image.
    try require(
      strides[0].allSatisfy { $0 == 1 }, "strides", "must begin with ones, not \(strides)")
    try require(
      kernelSizes.allSatisfy { $0.allSatisfy { $0 % 2 == 1 } }, "kernelSizes",
      "must be odd, not \(kernelSizes)")
    try require(
      convsPerStage.count == n && convsPerStage.allSatisfy((1...64).contains), "convsPerStage",
      "\(n) positive numbers were expected, not \(convsPerStage)")
    try require(
      convsPerStageDecoder.count == n - 1 && convsPerStageDecoder.allSatisfy((1...64).contains),
      "convsPerStageDecoder", "\(n - 1) positive numbers were expected, not \(convsPerStageDecoder)"
    )
    try require(
      normEpsilon.isFinite && normEpsilon > 0, "normEpsilon", "must be positive, not \(normEpsilon)"
    )
    try require(leakySlope.isFinite, "leakySlope", "must be finite")
  }

  /// Throws if an image (batch, channels, spatial axes…) does not fit.
  public func requireFits(_ shape: [Int]) throws {
    guard shape.count == dimensions + 2, shape[1] == inputChannels else {
      throw LearningError(
        .input, subject: "image of shape \(shape)",
        detail: "the network takes (batch, \(inputChannels), \(dimensions) spatial axes)")
    }
    guard zip(shape.dropFirst(2), divisors).allSatisfy({ $0 > 0 && $0 % $1 == 0 }) else {
      throw LearningError(
        .input, subject: "image of shape \(shape)",
        detail: "its spatial extents must be multiples of \(divisors)")
    }
  }
}
