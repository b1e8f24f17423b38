// SPDX-License-Identifier: Apache-2.0
public import NNUNet
public import Torch

/// How a preprocessed case is segmented.
public struct PredictionOptions: Sendable, Hashable {
  /// Whether predictions of mirrored copies are averaged.
  public var mirroring = true
  /// The step of the sliding window as a share of the patch, above 0 and at most 1.
  public var step = 0.5
  /// Windows that pass the network together; the numbers are those of one at a time.
  public var batchSize = 4

  /// nnU-Net's defaults.
  public init() {}
}

/// Runs trained networks over preprocessed cases by nnU-Net's sliding window.
///
/// Accumulators, Gaussian map and result are float16 and folds are averaged as logits, as in
/// nnunetv2 2.8.1.
public final class Predictor {
  private let networks: [any SegmentationNetwork]
  private let window: SlidingWindow
  private let options: PredictionOptions
  private let device: Device

  /// A predictor that averages the logits of the given networks, one for each fold.
  public init(
    networks: [any SegmentationNetwork], configuration: Configuration, options: PredictionOptions,
    device: Device
  ) throws {
    guard configuration.dimensions == 2 else {
      throw LearningError(
        .unsupported, subject: configuration.dataIdentifier,
        detail: "only 2D configurations can be predicted so far")
    }
    self.networks = networks
    window = SlidingWindow(patchSize: configuration.patchSize, step: options.step)
    self.options = options
    self.device = device
  }

  /// The logits of a case, (classes, z, y, x) in array order, rounded to float16.
  ///
  /// - Parameter onWindow: called after each batch of windows with the number done and of all.
  public func logits(
    of one: PreprocessedCase, onWindow: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> [Float] {
    var sum: [Float16] = []
    for (index, network) in networks.enumerated() {
      let next = try slide(network, over: one) { done, total in
        try onWindow(index * total + done, networks.count * total)
      }
      if sum.isEmpty {
        sum = next.map { Float16($0) }
      } else {
        for i in sum.indices { sum[i] = Float16(Float(sum[i]) + next[i]) }
      }
    }
    guard !sum.isEmpty else {
      throw LearningError(.model, subject: one.name, detail: "no network to predict with")
    }
    let count = Float(networks.count)
    return sum.map { networks.count > 1 ? Float(Float16(Float($0) / count)) : Float($0) }
  }

  private func slide(
    _ network: any SegmentationNetwork, over one: PreprocessedCase,
    onWindow: (Int, Int) throws -> Void
  ) throws -> [Float] {
    let patch = window.patchSize
    let inPlane = Array(one.shape.dropFirst())
    let padding = window.padding(for: inPlane)
    let shape = zip(inPlane, padding).map { $0 + $1.before + $1.after }
    let padded = try Tensor(one.data, shape: [one.channels] + one.shape)
      .padded([(0, 0), (0, 0)] + padding.map { ($0.before, $0.after) })
    let classes = network.architecture.classes
    var sum = LogitAccumulator(
      channels: classes, shape: [one.shape[0]] + shape, window: window)
    // Every slice by itself, the windows of a slice nested (y, x).
    let places = window.positions(for: shape)
    let all = (0..<one.shape[0]).flatMap { z in places.map { [z, $0[0], $0[1]] } }
    let size = classes * patch[0] * patch[1]
    var done = 0
    while done < all.count {
      try Task.checkCancellation()
      let some = all[done..<min(done + options.batchSize, all.count)]
      let values = try withInferenceMode {
        let input = try Tensor.stacked(
          some.map {
            try padded.selected(1, $0[0]).narrowed(1, from: $0[1], length: patch[0])
              .narrowed(2, from: $0[2], length: patch[1])
          })
        return try mirrored(network, input.to(device)).floats()
      }
      values.withUnsafeBufferPointer { values in
        for (i, place) in some.enumerated() {
          sum.add(UnsafeBufferPointer(rebasing: values[i * size..<(i + 1) * size]), at: place)
        }
      }
      done += some.count
      try onWindow(done, all.count)
    }
    let inner = zip(padding, inPlane).map { $0.before..<$0.before + $1 }
    return try sum.mean(inside: [0..<one.shape[0]] + inner, subject: one.name)
  }

  /// The mean logits over the mirrored copies: none, rows, columns, both.
  private func mirrored(_ network: any SegmentationNetwork, _ x: Tensor) throws -> Tensor {
    let sum = try network(x)
    guard options.mirroring else { return sum }
    for axes in [[2], [3], [2, 3]] {
      try sum.addInPlace(network(x.flipped(axes)).flipped(axes))
    }
    try sum.multiplyInPlace(0.25)
    return sum
  }
}
