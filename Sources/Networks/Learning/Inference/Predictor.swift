// SPDX-License-Identifier: Apache-2.0
public import NNUNet
import Text
public import Torch

/// The options of a prediction.
public struct PredictionOptions: Sendable, Hashable {
  /// Whether predictions are averaged over mirrored copies, along the axes that were mirrored in
  /// training.
  public var mirroring = true
  /// The step of the sliding window as a share of the patch, above 0 and at most 1.
  public var step = 0.5
  /// The number of slices that pass a 2D network together on a graphics card.
  public var batchSize = 4
  /// The options of inference.
  public var inference = InferenceOptions()

  /// nnU-Net's defaults.
  public init() {}
}

/// Predicts preprocessed cases with trained networks by nnU-Net's sliding window.
///
/// As in nnunetv2 2.8.1, sums, Gaussian weights and results are float16, and folds are averaged as
/// logits.
///
/// ```swift
/// let trained = try model.defaultFolds().map { try model.trained($0, on: .cpu) }
/// let predictor = try Predictor(
///   networks: trained.map(\.network), configuration: model.configuration,
///   mirroringAxes: trained[0].mirroringAxes, options: PredictionOptions(), device: .cpu)
/// let logits = try predictor.logits(of: preprocessed) { done, all in print(done, "of", all) }
/// ```
public final class Predictor {
  /// Whether the networks are packed for the processor.
  public let isPacked: Bool
  /// The counts of windows so far.
  public private(set) var windowCount = WindowCount()
  private let networks: [InferenceNetwork]
  private let mirrorings: [[Int]]
  private let window: SlidingWindow
  private let options: PredictionOptions
  private let device: Device

  /// A predictor that averages the logits of networks, one for each fold.
  ///
  /// - Parameters:
  ///   - networks: the networks, which share one architecture.
  ///   - configuration: determines patch size and windows.
  ///   - mirroringAxes: the spatial axes that were mirrored in training; all by default.
  ///   - options: step, mirroring, engine and precision.
  ///   - device: where the networks are and windows are computed.
  /// - Throws: `LearningError` where axes, engine or precision are impossible.
  public init(
    networks: [any SegmentationNetwork], configuration: Configuration,
    mirroringAxes: [Int]? = nil, options: PredictionOptions, device: Device
  ) throws {
    let axes = mirroringAxes ?? Array(0..<configuration.dimensions)
    guard axes.allSatisfy((0..<configuration.dimensions).contains) else {
      throw LearningError(
        .input, subject: configuration.dataIdentifier,
        detail: "cannot be mirrored along the axes \(listed(axes))")
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

  /// The non-empty subsets of axes by size and then in order, which is nnU-Net's order of
  /// summation.
  static func subsets(of axes: [Int]) -> [[Int]] {
    let all = (1..<1 << axes.count).map { bits in
      axes.indices.filter { bits >> $0 & 1 == 1 }.map { axes[$0] }
    }
    return all.sorted { a, b in
      a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
    }
  }

  /// The logits of a case, (classes, z, y, x) in array order, as float16.
  ///
  /// - Parameters:
  ///   - preprocessed: the case, with as many channels as the network takes.
  ///   - filter: which windows are computed; all without one.
  ///   - choice: which of these are averaged over mirrored copies; all without one. It chooses by
  ///     the logits without copies, and each window's are kept in memory until then.
  ///   - onWindow: called after each batch of windows with the number done and of all.
  ///   - onFold: called with the number and the logits of each network, some of them twice: the last
  ///     ones count.
  public func logits(
    of preprocessed: PreprocessedCase, filter: WindowFilter? = nil,
    mirroring choice: MirroringChoice? = nil,
    onWindow: (Int, Int) throws -> Void = { _, _ in },
    onFold: (Int, [Float16]) -> Void = { _, _ in }
  ) throws -> [Float16] {
    try requireInput(preprocessed)
    let windows = CaseWindows(window, of: preprocessed, filter: filter)
    let all = Array(windows.positions.indices)
    windowCount.all += networks.count * windows.count
    windowCount.skipped += networks.count * (windows.count - all.count)
    guard let choice, !mirrorings.isEmpty else {
      if !mirrorings.isEmpty { windowCount.mirrored += networks.count * all.count }
      return try mean(onFold) { fold, network in
        try windows.mean(classes: network.architecture.classes) { add in
          try predict(all, of: windows) {
            try mirrored(network, $1, unmirrored: network($1))
          } use: {
            add($0, $1)
          } onWindow: {
            try onWindow(fold * all.count + $0, networks.count * all.count)
          }
        }
      }
    }
    var predictions = [[[Float]]](repeating: [], count: networks.count)
    // Half of the progress is reserved for the copies, however many there will be.
    let half = networks.count * all.count
    let first = try mean(onFold) { fold, network in
      try windows.mean(classes: network.architecture.classes) { add in
        try predict(all, of: windows) {
          try network($1)
        } use: {
          predictions[fold].append(Array($1))
          add($0, $1)
        } onWindow: {
          try onWindow(fold * all.count + $0, 2 * half)
        }
      }
    }
    let isMirrored = try choice.choose(first)
    let chosen = all.filter { windows.satisfies($0, isMirrored) }
    windowCount.mirrored += networks.count * chosen.count
    if chosen.isEmpty { return first }
    return try mean(onFold) { fold, network in
      // Summed again in the same order, so that copies in all windows give the usual result.
      defer { predictions[fold] = [] }
      try predict(chosen, of: windows) { some, x in
        try mirrored(
          network, x, unmirrored: windows.tensor(some.map { predictions[fold][$0] }).to(device))
      } use: {
        predictions[fold][$0] = Array($1)
      } onWindow: {
        try onWindow(half + (fold * chosen.count + $0) * all.count / chosen.count, 2 * half)
      }
      return try windows.mean(classes: network.architecture.classes) { add in
        for i in all { predictions[fold][i].withUnsafeBufferPointer { add(i, $0) } }
      }
    }
  }

  private func requireInput(_ preprocessed: PreprocessedCase) throws {
    guard !networks.isEmpty else {
      throw LearningError(.model, subject: preprocessed.name, detail: "no network to predict with")
    }
    for channels in networks.map(\.architecture.inputChannels)
    where channels != preprocessed.channels {
      throw LearningError(
        .input, subject: preprocessed.name,
        detail: "has \(counted(preprocessed.channels, "channel")), the network takes \(channels)")
    }
  }

  /// The mean of the networks' logits, each of which is added in float32 and rounded, as in
  /// nnU-Net.
  private func mean(
    _ onFold: (Int, [Float16]) -> Void, _ logits: (Int, InferenceNetwork) throws -> [Float16]
  ) throws -> [Float16] {
    var sum: [Float16] = []
    for (fold, network) in networks.enumerated() {
      let next = try withMemoryPool { try logits(fold, network) }
      onFold(fold, next)
      if fold == 0 {
        sum = next
      } else {
        for i in sum.indices { sum[i] = Float16(Float(sum[i]) + Float(next[i])) }
      }
    }
    if networks.count > 1 {
      let count = Float(networks.count)
      for i in sum.indices { sum[i] = Float16(Float(sum[i]) / count) }
    }
    return sum
  }

  /// Computes some windows in batches, and calls `use` for one after the other.
  private func predict(
    _ indices: [Int], of windows: CaseWindows,
    logits: (ArraySlice<Int>, Tensor) throws -> Tensor,
    use: (Int, UnsafeBufferPointer<Float>) -> Void, onWindow: (Int) throws -> Void
  ) throws {
    var done = 0
    while done < indices.count {
      try Task.checkCancellation()
      let some = indices[done..<min(done + batchSize, indices.count)]
      let values = try withInferenceMode {
        try logits(some, windows.input(some).to(device)).floats()
      }
      let size = values.count / some.count
      values.withUnsafeBufferPointer { values in
        for (i, index) in some.enumerated() {
          use(index, UnsafeBufferPointer(rebasing: values[i * size..<(i + 1) * size]))
        }
      }
      done += some.count
      try onWindow(done)
    }
  }

  /// The number of windows that pass the network together.
  ///
  /// It is 1 on a processor, which gains little by more and sums in another order then, and 1 in 3D
  /// and for large windows, whose activations fill the memory.
  private var batchSize: Int {
    guard window.patchSize.count == 2, device != .cpu else { return 1 }
    return max(1, min(options.batchSize, Self.largestBatchPixels / window.patchSize.reduce(1, *)))
  }

  /// The largest number of pixels that pass together: four slices of 512 × 512.
  private static let largestBatchPixels = 1 << 20

  /// The mean logits over the image and its mirrored copies.
  ///
  /// - Parameter sum: the logits of the image itself, which are overwritten.
  private func mirrored(_ network: InferenceNetwork, _ x: Tensor, unmirrored sum: Tensor) throws
    -> Tensor
  {
    if mirrorings.isEmpty { return sum }
    for axes in mirrorings.map({ $0.map { $0 + 2 } }) {
      try sum.addInPlace(network(x.flipped(axes)).flipped(axes))
    }
    try sum.multiplyInPlace(1 / Double(mirrorings.count + 1))
    return sum
  }
}
