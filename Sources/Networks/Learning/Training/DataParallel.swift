// SPDX-License-Identifier: Apache-2.0
import Text
public import Torch

/// Divides each step of a training among several processes, as nnU-Net's DDP does.
///
/// Each process computes its part of the loss of the whole batch: means over samples are weighted
/// by `share`, and sums over the batch (those of the batch Dice) are made by `total`. The sum of
/// all processes' gradients is then the gradient of one process with the whole batch.
public struct DataParallel {
  /// The processes.
  public let group: ProcessGroup
  /// The indices of this process's samples in the batch.
  public let samples: Range<Int>
  /// The share of this process's samples in the batch.
  public let share: Double

  /// A division of a batch among the processes of a group.
  ///
  /// - Throws: `LearningError` with the code `unsupported` where there are more processes than
  ///   samples.
  public init(_ group: ProcessGroup, batchSize: Int) throws(LearningError) {
    guard batchSize >= group.size else {
      throw LearningError(
        .unsupported, subject: "\(counted(group.size, "process", "processes"))",
        detail: "a batch of \(batchSize) cannot be divided among them; take fewer processes")
    }
    self.group = group
    samples = Self.samples(of: group.rank, among: group.size, batchSize: batchSize)
    share = Double(samples.count) / Double(batchSize)
  }

  /// The samples of a process: equal parts; the first processes take one more where there is a
  /// remainder.
  public static func samples(of rank: Int, among size: Int, batchSize: Int) -> Range<Int> {
    let (part, rest) = batchSize.quotientAndRemainder(dividingBy: size)
    let start = rank * part + min(rank, rest)
    return start..<start + part + (rank < rest ? 1 : 0)
  }

  /// Copies the parameters of the first process to all others, before the first step.
  public func broadcast(_ parameters: [Tensor]) throws {
    try withoutGradients { try group.broadcast(parameters) }
  }

  /// Replaces the gradients by their sums over the processes, between `backward` and the step.
  ///
  /// A parameter without a gradient has none in every process, because all have the same network.
  public func combineGradients(of parameters: [Tensor]) throws {
    try group.sum(parameters.compactMap { try $0.gradient })
  }

  /// The sum over all processes of sums over samples, whose gradient is `group.size` times too
  /// large.
  ///
  /// The losses of the processes are parts of the loss of the batch: values and gradients add up. A
  /// term that is computed from the total is the same in every process, and each process's loss
  /// contains it divided by their number. The factor of the gradient compensates for that division,
  /// so that the gradient of each sample is that of one process.
  func total(_ part: Tensor) throws -> Tensor {
    let value = try part.detached()
    let whole = try value.clone()
    try group.sum([whole])
    return try (part - value) * Double(group.size) + whole
  }

  /// This process's part of the mean over a share of all processes' values, the largest ones.
  ///
  /// Values equal to the smallest of these count in equal parts.
  func worst(_ values: Tensor, share: Double) throws -> Tensor {
    let flat = try values.reshaped([values.count])
    let voxels = flat.count / samples.count
    let batch = Int((Double(samples.count) / self.share).rounded())
    // Each process fills its part of an array of zeros; their sum has the values of the batch.
    let all = try Tensor.zeros([voxels * batch], on: flat.device)
    try all.narrowed(0, from: samples.lowerBound * voxels, length: flat.count)
      .copy(from: flat.detached())
    try group.sum([all])
    let count = max(1, Int(Double(all.count) * share))
    let border = try all.largest(count).min().item()
    let above = try all.isGreater(than: border).to(.float64).sum().item()
    let level = try all.equals(border).to(.float64).sum().item()
    let weights =
      try flat.detached().isGreater(than: border).to(.float32)
      + flat.detached().equals(border).to(.float32) * ((Double(count) - above) / level)
    return try (flat * weights).sum() * (1 / Double(count))
  }

  /// The sums of numbers over all processes.
  public func sums(_ numbers: [Double]) throws -> [Double] {
    let tensor = try Tensor.stacked(numbers.map { try .full([], $0, dtype: .float64) })
    try group.sum([tensor])
    return try (0..<numbers.count).map { try tensor.selected(0, $0).item() }
  }
}
