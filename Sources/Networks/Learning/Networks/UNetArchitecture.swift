// SPDX-License-Identifier: Apache-2.0
public import NNUNet
import Text

/// A U-Net that can be built: the architecture of a plan, with its input and output channels.
///
/// Stage 0 has the finest grid. The members of `plan` are members of this type, too.
///
/// ```swift
/// let architecture = try UNetArchitecture(
///   NetworkArchitecture(
///     featuresPerStage: [32, 64, 128], kernelSizes: [[3, 3], [3, 3], [3, 3]],
///     strides: [[1, 1], [2, 2], [2, 2]]),
///   inputChannels: 1, classes: 2)
/// architecture.totalStride  // [4, 4]
/// architecture.outputCount  // 2
/// ```
@dynamicMemberLookup
public struct UNetArchitecture: Sendable, Equatable {
  /// Stages, kernels, strides and normalisation (Isensee 2021).
  public let plan: NetworkArchitecture
  /// The number of channels of the image.
  public let inputChannels: Int
  /// The number of channels of the logits: the classes with the background, or the regions.
  public let classes: Int

  /// The number of logits with deep supervision: one less than stages.
  public var outputCount: Int { plan.nStages - 1 }

  /// A member of the plan.
  public subscript<Value>(dynamicMember member: KeyPath<NetworkArchitecture, Value>) -> Value {
    plan[keyPath: member]
  }

  /// An architecture of a plan.
  ///
  /// - Throws: `LearningError` with the code `architecture` that names the number that contradicts
  ///   the others or that no network can have.
  public init(_ plan: NetworkArchitecture, inputChannels: Int, classes: Int) throws {
    self.plan = plan
    self.inputChannels = inputChannels
    self.classes = classes
    try check()
  }

  private func check() throws {
    func require(_ holds: Bool, _ field: String, _ detail: String) throws {
      if !holds { throw LearningError(.architecture, subject: field, detail: detail) }
    }
    if let fault = plan.fault { try require(false, "plan", fault) }
    // Nothing sensible comes near these bounds; within them no product overflows.
    let sensible = 1...65536
    try require(sensible.contains(inputChannels), "inputChannels", "cannot be \(inputChannels)")
    try require(sensible.contains(classes), "classes", "cannot be \(classes)")
    try require(
      plan.nStages != 1, "featuresPerStage",
      "of one stage have no output: nnU-Net plans such a network for images without an edge of 8 "
        + "voxels, and its own cannot be run either; plan with larger images or a finer spacing")
    try require(
      plan.nStages <= 16, "featuresPerStage", "2 to 16 stages are supported, not \(plan.nStages)")
    // The decoder ends at the grid of stage 0, which must be that of the image.
    try require(
      plan.strides[0].allSatisfy { $0 == 1 }, "strides",
      "must begin with ones, not \(plan.strides.map { crossed($0) }.joined(separator: ", "))"
    )
    for (field, counts) in [
      ("nConvPerStage", plan.nConvPerStage), ("nConvPerStageDecoder", plan.nConvPerStageDecoder),
    ] {
      try require(counts.allSatisfy { $0 <= 64 }, field, "cannot be \(listed(counts))")
    }
  }

  /// Throws if an image (batch, channels, spatial axes…) does not fit.
  ///
  /// - Throws: `LearningError` with the code `input`.
  public func requireFits(_ shape: [Int]) throws {
    guard shape.count == plan.dimensions + 2, shape[1] == inputChannels else {
      throw LearningError(
        .input, subject: "image of shape \(crossed(shape))",
        detail: "the network takes (batch, \(inputChannels), \(plan.dimensions) spatial axes)")
    }
    let multiples = plan.totalStride
    guard zip(shape.dropFirst(2), multiples).allSatisfy({ $0 > 0 && $0 % $1 == 0 }) else {
      throw LearningError(
        .input, subject: "image of shape \(crossed(shape))",
        detail: "its spatial extents must be multiples of \(multiples)")
    }
  }
}
