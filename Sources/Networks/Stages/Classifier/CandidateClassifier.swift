// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Learning
import NNUNet
public import Torch

/// Stage B: says what a candidate is, from its look and its surroundings.
///
/// Two 2-D networks, one for the fine patch and one shared by the three coarse patches, end in means
/// over the pixels; these, with the scalars, go through a hidden layer of 128 to a logit for each
/// class.
///
/// ```swift
/// let classifier = try CandidateClassifier(contentsOf: file, on: .cpu)
/// let probabilities = try classifier.probabilities(candidates)  // candidates × classes
/// ```
public final class CandidateClassifier {
  /// What the network sees and says.
  public let design: ClassifierDesign
  /// The terms of the loss of training.
  public let objective: ClassifierLoss
  let device: Device
  private let fine: ClassifierBranch
  private let coarse: ClassifierBranch
  private let hidden: DenseLayer
  private let head: DenseLayer

  /// The width of the hidden layer.
  static let hiddenWidth = 128
  /// The candidates that are computed at once, which bounds the memory.
  static let predictionBatch = 64

  /// A network with random weights, the same for the same seed on every device.
  ///
  /// - Parameters:
  ///   - design: what the network sees and says.
  ///   - objective: the terms of the loss of training.
  ///   - seed: determines the initial weights.
  ///   - device: where the network is computed.
  /// - Throws: `StagesError` with the code `design` where no such network can be built.
  public init(
    _ design: ClassifierDesign, objective: ClassifierLoss = .init(), seed: UInt64, on device: Device
  ) throws {
    try design.check()
    try device.requireAvailable()
    self.design = design
    self.objective = objective
    self.device = device
    var maker = ParameterMaker(
      generator: KeyedGenerator(seed: seed, purpose: .weights),
      slope: NetworkArchitecture.negativeSlope, device: device)
    fine = try ClassifierBranch(
      channels: design.fineChannels, features: design.features, using: &maker)
    coarse = try ClassifierBranch(
      channels: design.coarseChannels, features: design.features, using: &maker)
    let width = (design.features.last ?? 0) * (1 + ClassifierDesign.views) + design.scalars
    hidden = try DenseLayer(from: width, to: Self.hiddenWidth, using: &maker)
    head = try DenseLayer(from: Self.hiddenWidth, to: design.classes.count, using: &maker)
  }

  /// A trained network.
  ///
  /// - Throws: `StagesError` with the code `file` where weights and design do not fit each other.
  public convenience init(_ weights: StageWeights<ClassifierDesign>, on device: Device) throws {
    try self.init(weights.design, seed: 0, on: device)
    try weights.load(into: parameters)
  }

  /// The trained network of a file that `StageWeights` wrote.
  ///
  /// - Throws: `StagesError` or `TorchError` with the code `file`, which says what is wrong with it.
  public convenience init(contentsOf url: URL, on device: Device) throws {
    try self.init(StageWeights(contentsOf: url), on: device)
  }

  /// The parameters in the network's order.
  public var parameters: [NamedParameter] {
    fine.parameters("fine") + coarse.parameters("coarse") + hidden.parameters("hidden")
      + head.parameters("head")
  }

  /// The probability of each class for each candidate: candidates × classes.
  ///
  /// - Throws: `StagesError` with the code `input` where a candidate does not fit the design.
  public func probabilities(_ samples: [ClassifierSample]) throws -> [[Float]] {
    let classes = design.classes.count
    return try withInferenceMode {
      var rows: [[Float]] = []
      for start in stride(from: 0, to: samples.count, by: Self.predictionBatch) {
        let some = Array(samples[start..<min(start + Self.predictionBatch, samples.count)])
        let values = try logits(ClassifierBatch(some, design, on: device)).softmax(1).floats()
        rows += some.indices.map { Array(values[$0 * classes..<($0 + 1) * classes]) }
      }
      return rows
    }
  }

  /// The logits (batch, classes).
  ///
  /// - Parameters:
  ///   - batch: the candidates.
  ///   - seesFine: 1 where the features of the fine patch are used, 0 where they are zeros; all of
  ///     them are used without it.
  func logits(_ batch: ClassifierBatch, seesFine: [Float]? = nil) throws -> Tensor {
    var near = try fine(batch.fine)
    if let seesFine { near = try near * Tensor(seesFine, shape: [near.shape[0], 1]).to(device) }
    return try logits(near: near, around: coarse(batch.coarse), batch)
  }

  /// The features of fine patches, (batch, channels, rows, columns).
  func fineFeatures(_ images: Tensor) throws -> Tensor { try fine.map(images) }

  /// The features of coarse patches, (batch · views, channels, rows, columns).
  func coarseFeatures(_ images: Tensor) throws -> Tensor { try coarse.map(images) }

  /// The logits of the means of features, (batch, channels) and (batch · views, channels).
  func logits(near: Tensor, around: Tensor, _ batch: ClassifierBatch) throws -> Tensor {
    let joined = try Tensor.concatenated(
      [near, around.reshaped([near.shape[0], -1])] + (batch.scalars.map { [$0] } ?? []), along: 1)
    let inner = try hidden(joined)
    try inner.leakyReLUInPlace(slope: NetworkArchitecture.negativeSlope)
    return try head(inner)
  }
}
