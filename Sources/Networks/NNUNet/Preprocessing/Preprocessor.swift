// SPDX-License-Identifier: Apache-2.0
import Text

internal import Volume

/// Preprocesses raw cases for one configuration.
///
/// The steps are nnU-Net's: transpose, crop to the non-zero region, normalise, resample, sample
/// class locations.
///
/// ```swift
/// let preprocessor = try Preprocessor(
///   plans: plans, configuration: "3d_fullres", labels: dataset.description.labels)
/// let raw = try dataset.load(dataset.cases[0], reader: CaseReader(dataset.imageFormat))
/// let preprocessed = try preprocessor.preprocess(raw)
/// try CaseFolder(folder).write(preprocessed)
/// ```
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
  ///
  /// - Throws: `NNUNetError` with the code `plans` where the plan has no such configuration or
  ///   names another preprocessor than nnU-Net's default one.
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

  /// Preprocesses a case, which has labels for training and none for inference.
  ///
  /// - Parameters:
  ///   - raw: the case as it was read.
  ///   - locatesClasses: whether class locations are sampled; not needed for labels of a
  ///     cascade's previous stage.
  /// - Throws: `NNUNetError` with the code `image` where the case does not fit the plan.
  public func preprocess(_ raw: RawCase, locatesClasses: Bool = true) throws(NNUNetError)
    -> PreprocessedCase
  {
    try resample(prepare(raw), locatesClasses: locatesClasses)
  }

  /// Transposes, crops and normalises a case, which configurations of one plan have in common.
  func prepare(_ raw: RawCase) throws(NNUNetError) -> PreparedCase {
    let schemes = configuration.normalizationSchemes
    guard raw.channels.count == schemes.count else {
      throw NNUNetError(
        .image, raw.name,
        "has \(counted(raw.channels.count, "channel")), the plan has \(schemes.count)")
    }
    try raw.checkLabels(of: labels)
    let order = plans.transposeForward
    let shape = order.map { raw.shape[$0] }
    var channels = raw.channels.map { ArrayAxes.transposed($0.voxels, raw.shape, order).array }
    let region = NonzeroRegion(channels: channels, shape: shape)
    let box = region.box
    channels = channels.map { ArrayAxes.cropped($0, shape, box) }
    let mask = ArrayAxes.cropped(region.mask, shape, box)
    // At inference the map has no labels, but tells normalisation the non-zero region.
    var map: [Int16]
    if let labels = raw.labels {
      let array = ArrayAxes.transposed(labels.voxels, raw.shape, order).array
      map = ArrayAxes.cropped(array, shape, box)
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

  /// Resamples a prepared case to the grid of the configuration and samples its class locations.
  func resample(_ prepared: PreparedCase, locatesClasses: Bool = true) throws(NNUNetError)
    -> PreprocessedCase
  {
    let (cropped, spacing) = (prepared.properties.shapeAfterCropping, prepared.spacing)
    let target = configuration.targetSpacing(for: spacing)
    let newShape = Resampler.newShape(of: cropped, spacing: spacing, newSpacing: target)
    if newShape.contains(0) {
      throw NNUNetError(
        .image, prepared.name,
        "shape \(crossed(cropped)) at spacing \(crossed(spacing)) mm vanishes at the spacing \(crossed(target)) mm"
      )
    }
    if newShape.reduce(1.0, { $0 * Double($1) }) > Double(Int32.max) {
      throw NNUNetError(
        .image, prepared.name,
        "would have \(crossed(newShape)) voxels at the spacing \(crossed(target)) mm; check the spacing of the file"
      )
    }
    let data = configuration.resamplingData
    let resampler = Resampler(
      shape: cropped, spacing: spacing, newShape: newShape, newSpacing: target,
      forceSeparate: data.forceSeparateZ)
    var values: [Float] = []
    if prepared.channels.count == 1 {
      values = resampler.resample(prepared.channels[0], order: data.order)
    } else {
      for channel in prepared.channels {
        values.append(contentsOf: resampler.resample(channel, order: data.order))
      }
    }
    var resampledLabels: [Int16]?
    var locations: [ClassLocations] = []
    if prepared.hasLabels {
      let settings = configuration.resamplingSegmentation
      let resampled = Resampler(
        shape: cropped, spacing: spacing, newShape: newShape, newSpacing: target,
        forceSeparate: settings.forceSeparateZ
      ).resample(prepared.labels, order: settings.order, ties: ties)
      if locatesClasses {
        locations = ClassLocations.sample(resampled, shape: newShape, scheme: labels)
      }
      resampledLabels = resampled
    }
    return PreprocessedCase(
      name: prepared.name, channels: prepared.channels.count, shape: newShape, data: values,
      labels: resampledLabels, properties: prepared.properties, classLocations: locations)
  }
}

/// A case that was transposed, cropped and normalised, but not yet resampled.
struct PreparedCase {
  let name: String
  let channels: [[Float]]
  /// The labels; in a case for inference 0 inside the non-zero region and −1 outside.
  let labels: [Int16]
  let hasLabels: Bool
  /// The spacing in mm, in the plan's order of axes.
  let spacing: [Double]
  let properties: CaseProperties
}
