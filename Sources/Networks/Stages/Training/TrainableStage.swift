// SPDX-License-Identifier: Apache-2.0
public import Learning
public import Torch

/// The loss of a batch, and its named parts as numbers for the log.
public typealias StageLoss = (total: Tensor, parts: [(name: String, value: Double)])

/// A network that learns from samples.
public protocol TrainableStage: AnyObject {
  /// One example with its truth.
  associatedtype Sample: Sendable
  /// What the network sees and says.
  associatedtype Design: StageDesign

  /// What the network sees and says.
  var design: Design { get }
  /// The parameters in an order that never changes; they require gradients.
  var parameters: [NamedParameter] { get }

  /// The loss of a batch and its named parts.
  ///
  /// - Parameters:
  ///   - batch: the samples.
  ///   - moment: where the batch stands in a training; nil to judge the network, without the random
  ///     omissions of training.
  func loss(_ batch: [Sample], at moment: StageMoment?) throws -> StageLoss
}

extension TrainableStage {
  /// The loss of a batch and its named parts, without the random omissions of training.
  public func loss(_ batch: [Sample]) throws -> StageLoss { try loss(batch, at: nil) }
}

/// Where a batch stands in a training: random numbers of the loss depend on nothing else, so that a
/// resumed training draws the same.
public struct StageMoment: Hashable, Sendable {
  /// The seed of the training.
  public var seed: UInt64
  /// The number of the first sample of the batch in the whole training.
  public var sample: Int

  /// The moment of a batch.
  public init(seed: UInt64, sample: Int) {
    self.seed = seed
    self.sample = sample
  }
}

/// A sum of terms; their values are read from the device at once.
enum StageTerms {
  static func summed(_ terms: [(name: String, tensor: Tensor)]) throws -> StageLoss {
    guard let first = terms.first else {
      throw StagesError(.input, subject: "loss", detail: "it has no terms")
    }
    let total = try terms.dropFirst().reduce(first.tensor) { try $0 + $1.tensor }
    let values = try Tensor.stacked(terms.map { try $0.tensor.detached() }).floats()
    return (total, zip(terms, values).map { ($0.name, Double($1)) })
  }
}
