// SPDX-License-Identifier: Apache-2.0
public import Learning
public import Torch

/// A network that says one number of a subject from an image, a row of a table, or both: the log of the
/// hazard ratio, or the logit of the chance of the event by a horizon.
///
/// ```swift
/// let network = try RiskNetwork(RiskNetworkDesign(.daft, edge: 40, columns: 3), seed: 1, on: .cpu)
/// let scores = try network.scores(subjects)  // one for each subject
/// ```
public final class RiskNetwork {
  /// What the network sees.
  public let design: RiskNetworkDesign
  let device: Device
  private let backbone: Backbone?
  private let hidden: LinearLayer?
  private let head: LinearLayer

  /// The subjects that are computed at once, which bounds the memory.
  static let predictionBatch = 32

  /// A network with random weights, the same for the same seed on every device.
  ///
  /// The networks that look at the image have the same backbone for the same seed.
  ///
  /// - Throws: `RiskNetworkError` with the code `design` where no such network can be built.
  public init(_ design: RiskNetworkDesign, seed: UInt64, on device: Device) throws {
    try design.check()
    try device.requireAvailable()
    self.design = design
    self.device = device
    var maker = ParameterMaker(
      generator: KeyedGenerator(seed: seed, purpose: .weights), slope: 0, device: device)
    backbone = design.kind.seesImage ? try Backbone(design, using: &maker) : nil
    let isJoined = [.table, .concatenation, .deepConcatenation].contains(design.kind)
    let width = (backbone?.features ?? 0) + (isJoined ? design.columns : 0)
    hidden =
      design.kind == .deepConcatenation
      ? try LinearLayer(from: width, to: design.bottleneck, using: &maker) : nil
    // It begins with zeros, so that nobody differs at first: a random sum of features takes many steps to
    // unlearn where there are few subjects.
    head = try LinearLayer(from: hidden == nil ? width : design.bottleneck, to: 1, zeroOn: device)
  }

  /// What the optimiser changes, in an order that never changes.
  public var parameters: [NamedParameter] {
    (backbone?.parameters("backbone") ?? []) + (hidden?.parameters("hidden") ?? [])
      + head.parameters("head")
  }

  /// The running statistics of the batch norms, which predictions use.
  public var statistics: [NamedParameter] { backbone?.statistics("backbone") ?? [] }

  /// The scores (batch) of subjects.
  ///
  /// - Parameters:
  ///   - batch: the subjects.
  ///   - isTraining: whether batch norms use the statistics of this batch, and remember them.
  func scores(_ batch: RiskBatch, isTraining: Bool) throws -> Tensor {
    var parts: [Tensor] = []
    if let backbone, let image = batch.image {
      parts.append(try backbone(image, table: batch.table, isTraining: isTraining))
    }
    if [.table, .concatenation, .deepConcatenation].contains(design.kind), let table = batch.table {
      parts.append(table)
    }
    var x = parts.count == 1 ? parts[0] : try Tensor.concatenated(parts, along: 1)
    if let hidden { x = try hidden(x).relu() }
    return try head(x).squeezed(1)
  }

  /// The score of each subject, by the running statistics of the batch norms.
  ///
  /// - Throws: `RiskNetworkError` with the code `input` where a subject does not fit the design.
  public func scores(_ samples: [RiskSample]) throws -> [Double] {
    try withInferenceMode {
      var values: [Double] = []
      for start in stride(from: 0, to: samples.count, by: Self.predictionBatch) {
        let some = Array(samples[start..<min(start + Self.predictionBatch, samples.count)])
        values += try scores(RiskBatch(some, design, on: device), isTraining: false).floats()
          .map(Double.init)
      }
      return values
    }
  }
}
