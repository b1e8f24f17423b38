// SPDX-License-Identifier: Apache-2.0
internal import Foundation
public import Volume

/// Brings network output back onto the original grid of a case (spec of `export_prediction`).
public struct Export: Sendable {
  /// The plan.
  public let plans: Plans
  /// The configuration that predicted.
  public let configuration: Configuration
  /// The labels or regions of the output.
  public let labels: LabelScheme

  /// An exporter for one configuration of a plan.
  public init(plans: Plans, configuration name: String, labels: LabelScheme) throws {
    self.plans = plans
    configuration = try plans.configuration(name)
    self.labels = labels
    if (labels.allLabels + (labels.regionsClassOrder ?? [])).contains(where: { $0 > 255 }) {
      throw NNUNetError(.export, name, "label values above 255 cannot be written")
    }
  }

  /// The label map of logits (channel, z, y, x) on the network's grid.
  ///
  /// Logits are resampled linearly and rounded to float16; the first of equal maxima wins, a region
  /// is set where its probability exceeds one half.
  public func labelMap(logits: [Float], shape: [Int], properties: CaseProperties)
    throws(NNUNetError) -> Volume<UInt8>
  {
    let resampler = try resampler(logits.count, shape, properties)
    let order = configuration.resamplingProbabilities.order
    let count = shape.reduce(1, *)
    func channel(_ c: Int) -> [Float] {
      resampler.resampleHalf(Array(logits[c * count..<(c + 1) * count]), order: order)
    }
    var map: [UInt8]
    if let regionOrder = labels.regionsClassOrder {
      map = Array(repeating: 0, count: resampler.newShape.reduce(1, *))
      for (c, value) in regionOrder.enumerated() {
        // The sigmoid exceeds one half exactly where the logit is positive.
        for (i, logit) in channel(c).enumerated() where logit > 0 { map[i] = UInt8(value) }
      }
    } else {
      var best = channel(0)
      map = Array(repeating: UInt8(labels.allLabels[0]), count: best.count)
      for c in 1..<labels.outputCount {
        let value = UInt8(labels.allLabels[c])
        let other = channel(c)
        best.withUnsafeMutableBufferPointer { best in
          map.withUnsafeMutableBufferPointer { map in
            for i in other.indices where other[i] > best[i] {
              best[i] = other[i]
              map[i] = value
            }
          }
        }
      }
    }
    return Volume(
      geometry: properties.geometry, voxels: original(map, properties, filling: 0))
  }

  /// The probabilities of each output channel on the original grid; softmax, or sigmoid of regions.
  ///
  /// Outside of the crop the background has 1 and everything else 0.
  public func probabilities(logits: [Float], shape: [Int], properties: CaseProperties)
    throws(NNUNetError) -> [Volume<Float>]
  {
    let resampler = try resampler(logits.count, shape, properties)
    let order = configuration.resamplingProbabilities.order
    let count = shape.reduce(1, *)
    var channels = (0..<labels.outputCount).map { c in
      resampler.resampleHalf(Array(logits[c * count..<(c + 1) * count]), order: order)
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

  /// The label map of probabilities on the original grid, which can differ from that of the logits
  /// after rounding.
  public func labelMap(probabilities: [Volume<Float>]) throws(NNUNetError) -> Volume<UInt8> {
    try labels.labelMap(probabilities: probabilities)
  }

  private func resampler(_ count: Int, _ shape: [Int], _ properties: CaseProperties)
    throws(NNUNetError) -> Resampler
  {
    func wrong(_ detail: String) -> NNUNetError { NNUNetError(.export, "prediction", detail) }
    guard shape.count == 3, count == labels.outputCount * shape.reduce(1, *) else {
      throw wrong(
        "\(count) values are no \(labels.outputCount) channels of the shape \(shape)")
    }
    let extent = properties.geometry.extent
    let before = plans.transposeForward.map { [extent.slices, extent.rows, extent.columns][$0] }
    var agrees = before == properties.shapeBeforeCropping && properties.boundingBox.count == 3
    for (axis, box) in properties.boundingBox.enumerated() where agrees {
      agrees =
        box.count == 2 && box[0] >= 0 && box[0] < box[1] && box[1] <= before[axis]
        && box[1] - box[0] == properties.shapeAfterCropping[axis]
    }
    if !agrees { throw wrong("the properties of the case contradict its geometry") }
    let spacing = plans.transposeForward.map { properties.spacing[$0] }
    let current =
      configuration.dimensions == 2 ? [spacing[0]] + configuration.spacing : configuration.spacing
    return Resampler(
      shape: shape, spacing: current, newShape: properties.shapeAfterCropping, newSpacing: spacing,
      forceSeparate: configuration.resamplingProbabilities.forceSeparateZ)
  }

  /// Puts a cropped array back and undoes the transposition.
  private func original<T>(_ part: [T], _ properties: CaseProperties, filling value: T) -> [T] {
    let box = properties.boundingBox.map { $0[0]..<$0[1] }
    let whole = ArrayMove.pasted(
      part, into: properties.shapeBeforeCropping, at: box, filling: value)
    return ArrayMove.transposed(whole, properties.shapeBeforeCropping, plans.transposeBackward)
      .array
  }
}
