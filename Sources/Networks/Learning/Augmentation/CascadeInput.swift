// SPDX-License-Identifier: Apache-2.0
import Text
public import Torch
import Volume

/// The augmentation of the previous stage's labels of one sample, which is drawn first and applied
/// later.
public struct CascadeDraw: Sendable, Hashable {
  /// The morphological operations.
  public enum Operation: String, Sendable, Hashable, CaseIterable {
    /// The mask grows.
    case dilation
    /// The mask shrinks.
    case erosion
    /// Small holes are filled.
    case closing
    /// Small parts are removed.
    case opening
  }

  /// A change of one label's mask.
  public struct Change: Sendable, Hashable {
    /// The index of the label among the foreground labels.
    public var channel: Int
    /// The operation.
    public var operation: Operation
    /// The radius of the ball or disk in voxels.
    public var radius: Double

    /// A change of one label's mask.
    public init(channel: Int, operation: Operation, radius: Double) {
      (self.channel, self.operation, self.radius) = (channel, operation, radius)
    }
  }

  /// The removal of one connected component of a label's mask.
  public struct Removal: Sendable, Hashable {
    /// The index of the label among the foreground labels.
    public var channel: Int
    /// The choice among the small components, as a share of their number from 0 to below 1.
    public var choice: Double

    /// The removal of one component.
    public init(channel: Int, choice: Double) { (self.channel, self.choice) = (channel, choice) }
  }

  /// The changes in order.
  public var changes: [Change] = []
  /// The removals, after the changes.
  public var removals: [Removal] = []

  /// No augmentation.
  public init() {}

  /// A draw with nnU-Net's probabilities: changes 0.4, removals 0.2, and in both each label one
  /// half.
  public init(labels: Int, using rng: inout some RandomNumberGenerator) {
    func channels(_ probability: Double, _ rng: inout some RandomNumberGenerator) -> [Int] {
      guard Double.random(in: 0..<1, using: &rng) < probability else { return [] }
      return (0..<labels).shuffled(using: &rng).filter { _ in Bool.random(using: &rng) }
    }
    for channel in channels(0.4, &rng) {
      let kind = Int.random(in: 0..<Operation.allCases.count, using: &rng)
      changes.append(
        Change(
          channel: channel, operation: Operation.allCases[kind],
          radius: .random(in: 1...8, using: &rng)))
    }
    for channel in channels(0.2, &rng) {
      removals.append(Removal(channel: channel, choice: .random(in: 0..<1, using: &rng)))
    }
  }
}

/// Appends the previous stage's labels to the images, one mask for each foreground label.
public struct CascadeInput: Sendable, Hashable {
  /// The foreground labels, in the order of the masks.
  public let labels: [Int]

  /// Only components with less than this share of the patch's voxels are removed.
  static let largestRemovedShare = 0.15

  /// The input for a data set's foreground labels.
  public init(labels: [Int]) { self.labels = labels }

  /// Images (B, C, spatial…) followed by a mask for each foreground label of `previous`, (B, 1,
  /// spatial…).
  ///
  /// - Parameters:
  ///   - images: the images (B, C, spatial…).
  ///   - previous: the labels of the first stage (B, 1, spatial…).
  ///   - draws: in training, the augmentation of each sample, which runs on the processor.
  /// - Throws: `LearningError` with the code `input` where the shapes do not fit.
  public func callAsFunction(
    images: Tensor, previous: Tensor, draws: [CascadeDraw]? = nil
  ) throws -> Tensor {
    let shape = images.shape
    guard previous.shape == [shape[0], 1] + shape.dropFirst(2),
      draws.map({ $0.count == shape[0] }) ?? true
    else {
      throw LearningError(
        .input, subject: "previous labels of shape \(crossed(previous.shape))",
        detail: "they do not lie on the grid of images of shape \(crossed(shape))")
    }
    let masks = try Tensor.concatenated(
      labels.map { try previous.equals(Double($0)).to(.uint8) }, along: 1)
    for (sample, draw) in (draws ?? []).enumerated()
    where !draw.changes.isEmpty || !draw.removals.isEmpty {
      let part = try masks.selected(0, sample)
      let spatial = Array(shape.dropFirst(2))
      let voxels = spatial.reduce(1, *)
      let values = try part.values(as: UInt8.self)
      var channels = labels.indices.map { Array(values[$0 * voxels..<($0 + 1) * voxels]) }
      Self.apply(draw, to: &channels, shape: spatial)
      try part.copy(from: Tensor(channels.flatMap { $0 }, shape: part.shape))
    }
    return try .concatenated([images, masks.to(images.dtype)], along: 1)
  }

  /// Applies a draw to masks; voxels that one mask gains are removed from the others.
  static func apply(_ draw: CascadeDraw, to channels: inout [[UInt8]], shape: [Int]) {
    for change in draw.changes {
      let element = BinaryMorphology(shape: shape, radius: change.radius)
      let old = channels[change.channel]
      let new =
        switch change.operation {
        case .dilation: element.dilated(old)
        case .erosion: element.eroded(old)
        case .closing: element.eroded(element.dilated(old))
        case .opening: element.dilated(element.eroded(old))
        }
      channels[change.channel] = new
      for other in channels.indices where other != change.channel {
        for i in new.indices where new[i] > old[i] { channels[other][i] = 0 }
      }
    }
    for removal in draw.removals {
      let mask = channels[removal.channel]
      let limit = largestRemovedShare * Double(mask.count)
      let small = ConnectedComponents(of: mask, shape: shape).elements
        .filter { Double($0.count) < limit }
      guard !small.isEmpty else { continue }
      let component = small[min(Int(removal.choice * Double(small.count)), small.count - 1)]
      for voxel in component { channels[removal.channel][voxel] = 0 }
    }
  }
}
