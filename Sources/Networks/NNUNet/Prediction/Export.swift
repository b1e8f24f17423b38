// SPDX-License-Identifier: Apache-2.0
internal import Foundation
import Text
public import Volume

/// Brings the output of a network back onto the original grid of a case (nnU-Net,
/// `export_prediction`).
///
/// ```swift
/// let export = try Export(plans: plans, configuration: "2d", labels: dataset.labels)
/// let map = try export.labels(
///   logits: logits, shape: preprocessed.shape, properties: preprocessed.properties)
/// ```
public struct Export: Sendable {
  /// The plan.
  public let plans: Plans
  /// The configuration of the network.
  public let configuration: Configuration
  /// The labels or regions of the output.
  public let labels: LabelScheme

  /// An exporter for one configuration of a plan.
  public init(plans: Plans, configuration name: String, labels: LabelScheme) throws {
    self.plans = plans
    configuration = try plans.configuration(name)
    self.labels = labels
  }

  /// The label map of logits (channel, z, y, x) on the network's grid.
  ///
  /// Logits are resampled linearly and rounded to float16. The first of equal maxima wins; a region
  /// is set where its probability exceeds one half.
  ///
  /// - Throws: `NNUNetError` with the code `export` where logits, shape and properties do not fit.
  public func labels(logits: [Float16], shape: [Int], properties: CaseProperties)
    throws(NNUNetError) -> LabelMap
  {
    labels.needsUInt16
      ? .uint16(try map(logits, shape, properties))
      : .uint8(try map(logits, shape, properties))
  }

  private func map<Label: FixedWidthInteger>(
    _ logits: [Float16], _ shape: [Int], _ properties: CaseProperties
  ) throws(NNUNetError) -> Volume<Label> {
    let resampler = try resampler(logits.count, shape, properties)
    let map: [Label] = decide(logits, resampler)
    return Volume(
      geometry: properties.geometry, voxels: original(map, properties, filling: 0))
  }

  /// The labels of logits on the resampler's new grid.
  private func decide<Label: FixedWidthInteger>(
    _ logits: [Float16], _ resampler: Resampler
  ) -> [Label] {
    var decision = LabelDecision<Float16, Label>(
      logitsOf: labels, voxels: resampler.newShape.reduce(1, *))
    for c in 0..<labels.outputCount { eachChannel(c, logits, resampler) { decision.add($0) } }
    return decision.labels
  }

  /// The labels (z, y, x) of a case's logits on the grid of a cascade's next stage, which takes
  /// them as input.
  ///
  /// As in nnU-Net this configuration's spacing decides on both sides whether the coarse axis is
  /// resampled by itself.
  ///
  /// - Parameters:
  ///   - logits: (channel, z, y, x) on the grid of `preprocessed`.
  ///   - preprocessed: the case as this configuration saw it.
  ///   - newShape: the shape (z, y, x) of the case as the next stage sees it.
  /// - Throws: `NNUNetError` with the code `export` where logits and shape do not fit.
  public func nextStageLabels(
    logits: [Float16], of preprocessed: PreprocessedCase, newShape: [Int]
  ) throws(NNUNetError) -> [Int16] {
    try requireChannels(logits.count, preprocessed.shape)
    let spacing = spacing(of: preprocessed.properties)
    return decide(
      logits,
      Resampler(
        shape: preprocessed.shape, spacing: configuration.targetSpacing(for: spacing),
        newShape: newShape, newSpacing: configuration.targetSpacing(for: spacing),
        forceSeparate: configuration.resamplingProbabilities.forceSeparateZ))
  }

  /// Calls a function with one channel of the logits on the resampler's new grid.
  private func eachChannel(
    _ c: Int, _ logits: [Float16], _ resampler: Resampler,
    _ body: (UnsafeBufferPointer<Float16>) -> Void
  ) {
    let count = resampler.shape.reduce(1, *)
    if resampler.shape == resampler.newShape {
      logits.withUnsafeBufferPointer {
        body(UnsafeBufferPointer(rebasing: $0[c * count..<(c + 1) * count]))
      }
    } else {
      resampler.resample(
        logits[c * count..<(c + 1) * count], order: configuration.resamplingProbabilities.order
      ).withUnsafeBufferPointer { body($0) }
    }
  }

  /// Logits (channel, z, y, x) on the original grid before cropping is undone, where labels are
  /// decided.
  public func resampled(logits: [Float16], shape: [Int], properties: CaseProperties)
    throws(NNUNetError) -> [Float16]
  {
    let resampler = try resampler(logits.count, shape, properties)
    if resampler.shape == resampler.newShape { return logits }
    var all: [Float16] = []
    for c in 0..<labels.outputCount { eachChannel(c, logits, resampler) { all += $0 } }
    return all
  }

  /// The probabilities of each output channel on the original grid: the softmax, or the sigmoid of
  /// regions.
  ///
  /// Outside of the crop the background has probability 1 and everything else 0.
  public func probabilities(logits: [Float16], shape: [Int], properties: CaseProperties)
    throws(NNUNetError) -> [Volume<Float>]
  {
    let resampler = try resampler(logits.count, shape, properties)
    var channels: [[Float]] = []
    for c in 0..<labels.outputCount {
      eachChannel(c, logits, resampler) { channel in channels.append(channel.map { Float($0) }) }
    }
    if labels.hasRegions {
      for c in channels.indices { channels[c] = channels[c].map { 1 / (1 + exp(-$0)) } }
    } else {
      for i in channels[0].indices {
        var largest = -Float.infinity
        for c in channels.indices { largest = max(largest, channels[c][i]) }
        var sum: Float = 0
        for c in channels.indices {
          channels[c][i] = exp(channels[c][i] - largest)
          sum += channels[c][i]
        }
        for c in channels.indices { channels[c][i] /= sum }
      }
    }
    return channels.enumerated().map { c, channel in
      Volume(
        geometry: properties.geometry,
        voxels: original(channel, properties, filling: c == 0 && !labels.hasRegions ? 1 : 0))
    }
  }

  /// Values (z, y, x) on the network's grid as a volume on the original one, 0 outside of the crop.
  ///
  /// - Throws: `NNUNetError` with the code `export` where values, shape and properties do not fit.
  public func volume(_ values: [Float], shape: [Int], properties: CaseProperties)
    throws(NNUNetError) -> Volume<Float>
  {
    let resampler = try resampler(labels.outputCount * values.count, shape, properties)
    let resampled =
      resampler.shape == resampler.newShape ? values : resampler.resample(values, order: 1)
    return Volume(
      geometry: properties.geometry, voxels: original(resampled, properties, filling: 0))
  }

  private func requireChannels(_ count: Int, _ shape: [Int]) throws(NNUNetError) {
    guard shape.count == 3, count == labels.outputCount * shape.reduce(1, *) else {
      throw NNUNetError(
        .export, "prediction",
        "\(count) values are no \(counted(labels.outputCount, "channel")) of the shape \(crossed(shape))"
      )
    }
  }

  /// The spacing of the file in the plan's order of axes.
  private func spacing(of properties: CaseProperties) -> [Double] {
    plans.transposeForward.map { properties.spacing[$0] }
  }

  private func resampler(_ count: Int, _ shape: [Int], _ properties: CaseProperties)
    throws(NNUNetError) -> Resampler
  {
    try requireChannels(count, shape)
    let extent = properties.geometry.extent
    let before = plans.transposeForward.map { [extent.slices, extent.rows, extent.columns][$0] }
    var agrees = before == properties.shapeBeforeCropping && properties.boundingBox.count == 3
    for (axis, box) in properties.boundingBox.enumerated() where agrees {
      agrees =
        box.count == 2 && box[0] >= 0 && box[0] < box[1] && box[1] <= before[axis]
        && box[1] - box[0] == properties.shapeAfterCropping[axis]
    }
    if !agrees {
      throw NNUNetError(
        .export, "prediction", "the properties of the case contradict its geometry")
    }
    let spacing = spacing(of: properties)
    return Resampler(
      shape: shape, spacing: configuration.targetSpacing(for: spacing),
      newShape: properties.shapeAfterCropping, newSpacing: spacing,
      forceSeparate: configuration.resamplingProbabilities.forceSeparateZ)
  }

  /// Undoes the cropping and the transposition of an array.
  private func original<T>(_ part: [T], _ properties: CaseProperties, filling value: T) -> [T] {
    let box = properties.boundingBox.map { $0[0]..<$0[1] }
    let whole = ArrayAxes.pasted(
      part, into: properties.shapeBeforeCropping, at: box, filling: value)
    return ArrayAxes.transposed(whole, properties.shapeBeforeCropping, plans.transposeBackward)
      .array
  }
}
