// SPDX-License-Identifier: Apache-2.0
public import Volume

/// A predicted label map in the number type in which nnU-Net writes it.
public enum LabelMap: Sendable {
  /// Fewer than 255 foreground labels.
  case uint8(Volume<UInt8>)
  /// More of them.
  case uint16(Volume<UInt16>)

  /// The grid.
  public var geometry: Geometry {
    switch self {
    case .uint8(let volume): volume.geometry
    case .uint16(let volume): volume.geometry
    }
  }

  /// The values in single precision, as label maps are read from files.
  public var floats: Volume<Float> {
    switch self {
    case .uint8(let volume): volume.map { Float($0) }
    case .uint16(let volume): volume.map { Float($0) }
    }
  }
}

extension LabelScheme {
  /// Whether label maps need two bytes a voxel, by nnU-Net's rule.
  public var needsUInt16: Bool { foregroundLabels.count >= 255 }

  /// The label map of probabilities, one volume for each output channel.
  ///
  /// The first of equal maxima wins, which after rounding may be another label than that of the
  /// logits. A region is set where its probability exceeds one half.
  ///
  /// - Throws: `NNUNetError` with the code `export` where the channels do not fit the labels.
  public func map(probabilities: [Volume<Float>]) throws(NNUNetError) -> LabelMap {
    guard probabilities.count == outputCount, let first = probabilities.first,
      probabilities.allSatisfy({ $0.extent == first.extent })
    else { throw NNUNetError(.export, "prediction", "the channels do not fit the labels") }
    return needsUInt16
      ? .uint16(Volume(geometry: first.geometry, voxels: winners(probabilities)))
      : .uint8(Volume(geometry: first.geometry, voxels: winners(probabilities)))
  }

  private func winners<Label: FixedWidthInteger>(_ probabilities: [Volume<Float>]) -> [Label] {
    var decision = LabelDecision<Float, Label>(
      probabilitiesOf: self, voxels: probabilities[0].voxels.count)
    for channel in probabilities {
      channel.voxels.withUnsafeBufferPointer { decision.add($0) }
    }
    return decision.labels
  }
}

extension PreprocessedCase {
  /// The case with a mask of each foreground label behind its channels, as the second stage of a
  /// cascade takes it.
  ///
  /// - Parameters:
  ///   - foreground: the labels that get a mask each.
  ///   - labels: the first stage's labels on the grid of the case; the case's own where none
  ///     are given. The result has no labels.
  /// - Throws: `NNUNetError` with the code `image` where there are no labels, or of another grid.
  public func appendingMasks(
    of foreground: [Int], in labels: [Int16]? = nil
  ) throws(NNUNetError) -> PreprocessedCase {
    guard let labels = labels ?? self.labels, labels.count == shape.reduce(1, *) else {
      throw NNUNetError(.image, name, "lacks the segmentation of the previous stage")
    }
    var data = data
    data.reserveCapacity(data.count + foreground.count * labels.count)
    for label in foreground {
      let label = Int16(label)
      for value in labels { data.append(value == label ? 1 : 0) }
    }
    return PreprocessedCase(
      name: name, channels: channels + foreground.count, shape: shape, data: data, labels: nil,
      properties: properties, classLocations: [])
  }
}
