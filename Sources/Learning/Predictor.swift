// SPDX-License-Identifier: Apache-2.0
public import NNUNet
public import Torch

/// How a preprocessed case is segmented.
public struct PredictionOptions: Sendable, Hashable {
  /// Whether predictions of mirrored copies are averaged, along the axes that training mirrored.
  public var mirroring = true
  /// The step of the sliding window as a share of the patch, above 0 and at most 1.
  public var step = 0.5
  /// Slices that pass a 2D network on a graphics card together.
  public var batchSize = 4
  /// How the networks are computed.
  public var inference = InferenceOptions()

  /// nnU-Net's defaults.
  public init() {}
}

/// Runs trained networks over preprocessed cases by nnU-Net's sliding window.
///
/// Accumulators, Gaussian map and result are float16 and folds are averaged as logits, as in
/// nnunetv2 2.8.1.
public final class Predictor {
  /// Whether the networks are packed for the processor.
  public let isPacked: Bool
  /// The windows so far.
  public private(set) var windowCount = WindowCount()
  private let networks: [InferenceNetwork]
  private let mirrorings: [[Int]]
  private let window: SlidingWindow
  private let options: PredictionOptions
  private let device: Device

  /// A predictor that averages the logits of the given networks, one for each fold.
  ///
  /// `mirroringAxes` are the spatial axes that the networks know mirrored; all if not given.
  public init(
    networks: [any SegmentationNetwork], configuration: Configuration,
    mirroringAxes: [Int]? = nil, options: PredictionOptions, device: Device
  ) throws {
    let axes = mirroringAxes ?? Array(0..<configuration.dimensions)
    guard axes.allSatisfy((0..<configuration.dimensions).contains) else {
      throw LearningError(
        .input, subject: configuration.dataIdentifier,
        detail: "cannot be mirrored along the axes \(axes)")
    }
    isPacked = try options.inference.engine.packs(
      networks, patch: configuration.patchSize, precision: options.inference.precision, on: device)
    self.networks = try networks.map { [isPacked] network in
      try InferenceNetwork(
        network, packedFor: isPacked ? configuration.patchSize : nil,
        dtype: options.inference.precision)
    }
    mirrorings = options.mirroring ? Self.subsets(of: axes.sorted()) : []
    window = SlidingWindow(patchSize: configuration.patchSize, step: options.step)
    self.options = options
    self.device = device
  }

  /// The non-empty subsets of axes by size, then in order, as nnU-Net adds them up.
  static func subsets(of axes: [Int]) -> [[Int]] {
    let all = (1..<1 << axes.count).map { bits in
      axes.indices.filter { bits >> $0 & 1 == 1 }.map { axes[$0] }
    }
    return all.sorted { a, b in
      a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
    }
  }

  /// The logits of a case, (classes, z, y, x) in array order, rounded to float16.
  ///
  /// - Parameters:
  ///   - filter: which windows are computed; all without one.
  ///   - onWindow: called after each batch of windows with the number done and of all.
  public func logits(
    of one: PreprocessedCase, filter: WindowFilter? = nil,
    onWindow: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> [Float] {
    try halfLogits(of: one, filter: filter, onWindow: onWindow).map { Float($0) }
  }

  /// The logits of a case, (classes, z, y, x) in array order, as float16.
  ///
  /// - Parameters:
  ///   - filter: which windows are computed; all without one.
  ///   - onWindow: called after each batch of windows with the number done and of all.
  public func halfLogits(
    of one: PreprocessedCase, filter: WindowFilter? = nil,
    onWindow: (Int, Int) throws -> Void = { _, _ in }
  ) throws -> [Float16] {
    var sum: [Float16] = []
    for (index, network) in networks.enumerated() {
      let next = try withMemoryPool {
        try slide(network, over: one, filter: filter) { done, total in
          try onWindow(index * total + done, networks.count * total)
        }
      }
      if sum.isEmpty {
        sum = next
      } else {
        for i in sum.indices { sum[i] = Float16(Float(sum[i]) + Float(next[i])) }
      }
    }
    guard !sum.isEmpty else {
      throw LearningError(.model, subject: one.name, detail: "no network to predict with")
    }
    if networks.count > 1 {
      let count = Float(networks.count)
      for i in sum.indices { sum[i] = Float16(Float(sum[i]) / count) }
    }
    return sum
  }

  private func slide(
    _ network: InferenceNetwork, over one: PreprocessedCase,
    filter: WindowFilter?, onWindow: (Int, Int) throws -> Void
  ) throws -> [Float16] {
    guard network.architecture.inputChannels == one.channels else {
      throw LearningError(
        .input, subject: one.name,
        detail: "has \(one.channels) channels, the network takes "
          + "\(network.architecture.inputChannels)")
    }
    let isFlat = window.patchSize.count == 2
    // A window in 2D is one slice thick; every slice stands by itself and is never padded.
    let patch = isFlat ? [1] + window.patchSize : window.patchSize
    let padding =
      isFlat
      ? [(before: 0, after: 0)] + window.padding(for: Array(one.shape.dropFirst()))
      : window.padding(for: one.shape)
    let shape = zip(one.shape, padding).map { $0 + $1.before + $1.after }
    let classes = network.architecture.classes
    var sum = LogitAccumulator(channels: classes, shape: shape, window: window)
    let all =
      isFlat
      ? (0..<shape[0]).flatMap { z in
        window.positions(for: Array(shape.dropFirst())).map { [z] + $0 }
      } : window.positions(for: shape)
    let size = classes * patch.reduce(1, *)
    var places = all
    windowCount.all += all.count
    if let filter {
      func isNeeded(_ place: [Int]) -> Bool {
        filter.isNeeded(zip(place, padding).map { $0 - $1.before }, patch)
      }
      places = all.filter(isNeeded)
      windowCount.skipped += all.count - places.count
      filter.prediction(voxels: size / classes).withUnsafeBufferPointer { values in
        for place in all where !isNeeded(place) { sum.add(values, at: place) }
      }
    }
    var done = 0
    while done < places.count {
      try Task.checkCancellation()
      let some = places[done..<min(done + batchSize, places.count)]
      let values = try withInferenceMode {
        let parts = some.flatMap { place in
          one.window(at: zip(place, padding).map { $0 - $1.before }, size: patch)
        }
        let input = try Tensor(
          parts, shape: [some.count, one.channels] + (isFlat ? window.patchSize : patch))
        return try mirrored(network, input.to(device)).floats()
      }
      values.withUnsafeBufferPointer { values in
        for (i, place) in some.enumerated() {
          sum.add(UnsafeBufferPointer(rebasing: values[i * size..<(i + 1) * size]), at: place)
        }
      }
      done += some.count
      try onWindow(done, places.count)
    }
    let inner = zip(padding, one.shape).map { $0.before..<$0.before + $1 }
    return try sum.mean(inside: inner, subject: one.name)
  }

  /// How many windows pass together: one on a processor, which gains little by more and adds up in
  /// another order then, and one in 3D or where one is large, for activations fill the memory.
  private var batchSize: Int {
    guard window.patchSize.count == 2, device != .cpu else { return 1 }
    return max(1, min(options.batchSize, Self.pixelsTogether / window.patchSize.reduce(1, *)))
  }

  /// The most pixels that pass together, four slices of 512 × 512.
  private static let pixelsTogether = 1 << 20

  /// The mean logits over the image and its mirrored copies.
  private func mirrored(_ network: InferenceNetwork, _ x: Tensor) throws -> Tensor {
    let sum = try network(x)
    if mirrorings.isEmpty { return sum }
    for axes in mirrorings.map({ $0.map { $0 + 2 } }) {
      try sum.addInPlace(network(x.flipped(axes)).flipped(axes))
    }
    try sum.multiplyInPlace(1 / Double(mirrorings.count + 1))
    return sum
  }
}
