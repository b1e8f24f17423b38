// SPDX-License-Identifier: Apache-2.0
internal import Volume

/// Brings raw cases onto the grid and the intensities of one configuration.
///
/// The order is nnU-Net's: transpose, crop to the non-zero region, normalise, resample, sample
/// class locations.
public struct Preprocessor: Sendable {
  /// The plan.
  public let plans: Plans
  /// The configuration.
  public let configuration: Configuration
  /// The labels whose voxels are sampled.
  public let labels: LabelScheme
  /// Which label wins a tie when label maps are resampled.
  public let ties: LabelTieRule

  /// A preprocessor for one configuration of a plan.
  public init(
    plans: Plans, configuration name: String, labels: LabelScheme, ties: LabelTieRule = .nearest
  ) throws {
    self.plans = plans
    self.configuration = try plans.configuration(name)
    self.labels = labels
    self.ties = ties
    if configuration.preprocessorName != "DefaultPreprocessor" {
      throw NNUNetError(
        .plans, plans.plansName,
        "the preprocessor \(configuration.preprocessorName) is not supported")
    }
  }

  /// The spacing (z, y, x, transposed) that a case of this spacing is resampled to; in 2D the slices
  /// keep theirs.
  public func targetSpacing(for spacing: [Double]) -> [Double] {
    configuration.targetSpacing(for: spacing)
  }

  /// Preprocesses a case; without labels the case is one for inference.
  ///
  /// Where the labels are those of a cascade's previous stage nobody looks for their locations.
  public func preprocess(_ raw: RawCase, locatesClasses: Bool = true) throws(NNUNetError)
    -> PreprocessedCase
  {
    try resample(prepare(raw), locatesClasses: locatesClasses)
  }

  /// Transposes, crops and normalises a case: what configurations of one plan have in common.
  func prepare(_ raw: RawCase) throws(NNUNetError) -> PreparedCase {
    let schemes = configuration.normalizationSchemes
    guard raw.channels.count == schemes.count else {
      throw NNUNetError(
        .image, raw.name, "has \(raw.channels.count) channels, the plan has \(schemes.count)")
    }
    try raw.checkLabels(of: labels)
    let order = plans.transposeForward
    let shape = order.map { raw.shape[$0] }
    var channels = raw.channels.map { ArrayMove.transposed($0.voxels, raw.shape, order).array }
    let region = NonzeroRegion(channels: channels, shape: shape)
    let box = region.box
    channels = channels.map { ArrayMove.cropped($0, shape, box) }
    let mask = ArrayMove.cropped(region.mask, shape, box)
    // At inference the region stands in for the labels where normalisation keeps to it.
    var map: [Int16]
    if let labels = raw.labels {
      let array = ArrayMove.transposed(labels.voxels, raw.shape, order).array
      map = ArrayMove.cropped(array, shape, box)
      if !region.isWhole {
        map.withUnsafeMutableBufferPointer { map in
          for i in map.indices { map[i] = map[i] == 0 && !mask[i] ? -1 : map[i] }
        }
      }
    } else {
      map = mask.map { $0 ? 0 : -1 }
    }
    for (c, scheme) in schemes.enumerated() {
      try scheme.normalize(
        &channels[c],
        properties: c < plans.intensityProperties.count ? plans.intensityProperties[c] : nil,
        labels: map, useMask: configuration.useMaskForNorm[c], subject: raw.name)
    }
    return PreparedCase(
      name: raw.name, channels: channels, labels: map, hasLabels: raw.labels != nil,
      spacing: order.map { raw.spacing[$0] },
      properties: CaseProperties(
        geometry: raw.channels[0].geometry, spacing: raw.spacing, shapeBeforeCropping: shape,
        boundingBox: box.map { [$0.lowerBound, $0.upperBound] },
        shapeAfterCropping: box.map(\.count)))
  }

  /// Brings a prepared case onto the grid of the configuration and samples its class locations.
  func resample(_ one: PreparedCase, locatesClasses: Bool = true) throws(NNUNetError)
    -> PreprocessedCase
  {
    let (cropped, spacing) = (one.properties.shapeAfterCropping, one.spacing)
    let target = targetSpacing(for: spacing)
    let newShape = Resampler.newShape(of: cropped, spacing: spacing, newSpacing: target)
    if newShape.contains(0) {
      throw NNUNetError(
        .image, one.name,
        "shape \(cropped) at spacing \(spacing) mm vanishes at the spacing \(target) mm")
    }
    if newShape.reduce(1.0, { $0 * Double($1) }) > Double(Int32.max) {
      throw NNUNetError(
        .image, one.name,
        "would have \(newShape) voxels at the spacing \(target) mm; check the spacing of the file")
    }
    let data = configuration.resamplingData
    let resampler = Resampler(
      shape: cropped, spacing: spacing, newShape: newShape, newSpacing: target,
      forceSeparate: data.forceSeparateZ)
    var values: [Float] = []
    if one.channels.count == 1 {
      values = resampler.resample(one.channels[0], order: data.order)
    } else {
      for channel in one.channels {
        values.append(contentsOf: resampler.resample(channel, order: data.order))
      }
    }
    var resampledLabels: [Int16]?
    var locations: [ClassLocations] = []
    if one.hasLabels {
      let settings = configuration.resamplingSegmentation
      let resampled = Resampler(
        shape: cropped, spacing: spacing, newShape: newShape, newSpacing: target,
        forceSeparate: settings.forceSeparateZ
      ).resample(one.labels, order: settings.order, ties: ties)
      if locatesClasses {
        locations = ClassLocations.sample(resampled, shape: newShape, scheme: labels)
      }
      resampledLabels = resampled
    }
    return PreprocessedCase(
      name: one.name, channels: one.channels.count, shape: newShape, data: values,
      labels: resampledLabels, properties: one.properties, classLocations: locations)
  }
}

/// A case that is transposed, cropped and normalised, not yet resampled.
struct PreparedCase {
  let name: String
  let channels: [[Float]]
  /// The labels; of a case for inference 0 inside the non-zero region and −1 outside.
  let labels: [Int16]
  let hasLabels: Bool
  /// The spacing in the transposed order.
  let spacing: [Double]
  let properties: CaseProperties
}
