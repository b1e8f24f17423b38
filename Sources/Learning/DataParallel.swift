// SPDX-License-Identifier: Apache-2.0
public import Torch

/// Several processes' work on each step of one training, divided as nnU-Net's DDP divides it.
///
/// Each process draws its own part of the batch and computes the loss of the whole: means over
/// samples weighted by `share`, and sums over the batch (those of the batch Dice) by
/// `ProcessGroup.total`. The sum of all gradients is then that of one process with the whole batch.
public struct DataParallel {
  /// The processes.
  public let group: ProcessGroup
  /// The samples of this process among those of the whole batch.
  public let samples: Range<Int>
  /// What part of a mean over the batch is this process's.
  public let share: Double

  /// A division of a batch among the processes of a group; each gets one sample at least.
  public init(_ group: ProcessGroup, batchSize: Int) throws(LearningError) {
    guard batchSize >= group.size else {
      throw LearningError(
        .unsupported, subject: "\(group.size) processes",
        detail: "a batch of \(batchSize) cannot be divided among them; take fewer processes")
    }
    self.group = group
    samples = Self.samples(of: group.rank, among: group.size, batchSize: batchSize)
    share = Double(samples.count) / Double(batchSize)
  }

  /// The samples of a process: equal parts, the first processes take what is left over.
  public static func samples(of rank: Int, among size: Int, batchSize: Int) -> Range<Int> {
    let (part, rest) = batchSize.quotientAndRemainder(dividingBy: size)
    let start = rank * part + min(rank, rest)
    return start..<start + part + (rank < rest ? 1 : 0)
  }

  /// The share of a process's samples that must hold foreground, so that those of the whole batch do
  /// which would in one process: the last ones.
  ///
  /// nnU-Net's rule, with its rounding to even: none below the border, all above it, and on it the
  /// part of the process's samples that one process would force.
  public static func foregroundShare(
    of samples: Range<Int>, batchSize: Int, share: Double
  ) -> Double {
    let border = 1 - share
    if Double(samples.upperBound) / Double(batchSize) < border { return 0 }
    if Double(samples.lowerBound) / Double(batchSize) > border { return 1 }
    let first = Int((Double(batchSize) * border).rounded(.toNearestOrEven))
    return Double(samples.count { $0 >= first }) / Double(samples.count)
  }

  /// Gives every process the parameters of the first, before the first step.
  public func begin(_ parameters: [Tensor]) throws {
    try withoutGradients { try group.broadcast(parameters) }
  }

  /// Replaces the gradients by their sums over the processes, between `backward` and the step.
  ///
  /// A parameter without a gradient has none in every process, because all have the same network.
  public func combineGradients(of parameters: [Tensor]) throws {
    try group.sum(parameters.compactMap { try $0.gradient })
  }
}
