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

  /// The sum over all processes of sums over samples; its gradient is `group.size` times too large.
  ///
  /// Every process's loss is its part of the whole batch's: the parts' values and gradients add up.
  /// What is computed of the sum is the same in every process and enters each one's loss divided by
  /// their number; the gradient makes up for that, so that each sample's is as with one process.
  func total(_ part: Tensor) throws -> Tensor {
    let own = try part.detached()
    let whole = try own.clone()
    try group.sum([whole])
    return try (part - own) * Double(group.size) + whole
  }

  /// This process's part of the mean over the largest share of all processes' values.
  ///
  /// Values equal to the smallest of them count in equal parts.
  func worst(_ values: Tensor, share: Double) throws -> Tensor {
    let own = try values.reshaped([values.count])
    let voxels = own.count / samples.count
    let batch = Int((Double(samples.count) / self.share).rounded())
    // Each process's values at their place among zeros add up to those of the batch.
    let all = try Tensor.zeros([voxels * batch], on: own.device)
    try all.narrowed(0, from: samples.lowerBound * voxels, length: own.count)
      .copy(from: own.detached())
    try group.sum([all])
    let count = max(1, Int(Double(all.count) * share))
    let border = try all.largest(count).min().item()
    let above = try all.isGreater(than: border).to(.float64).sum().item()
    let level = try all.equals(border).to(.float64).sum().item()
    let weights =
      try own.detached().isGreater(than: border).to(.float32)
      + own.detached().equals(border).to(.float32) * ((Double(count) - above) / level)
    return try (own * weights).sum() * (1 / Double(count))
  }

  /// The sums of numbers over all processes.
  func sums(_ numbers: [Double]) throws -> [Double] {
    let tensor = try Tensor.stacked(numbers.map { try .full([], $0, dtype: .float64) })
    try group.sum([tensor])
    return try (0..<numbers.count).map { try tensor.selected(0, $0).item() }
  }
}
