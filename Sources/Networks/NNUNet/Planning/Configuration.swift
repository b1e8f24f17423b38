// SPDX-License-Identifier: Apache-2.0
import Files
import Text

/// The settings of a resampling in plans files.
public struct ResamplingSettings: Codable, Hashable, Sendable {
  /// Whether the array holds labels.
  public var isSegmentation: Bool
  /// The spline order in three dimensions, or in the plane: 0 nearest, 1 linear, 3 cubic.
  public var order: Int
  /// The order along the coarse axis where it is resampled by itself; only 0 is supported.
  public var orderZ: Int
  /// Whether the coarse axis is resampled by itself; `nil` decides by the spacings.
  public var forceSeparateZ: Bool?

  /// Settings with nnU-Net's defaults for the coarse axis.
  public init(
    isSegmentation: Bool, order: Int, orderZ: Int = 0, forceSeparateZ: Bool? = nil
  ) {
    self.isSegmentation = isSegmentation
    self.order = order
    self.orderZ = orderZ
    self.forceSeparateZ = forceSeparateZ
  }

  enum CodingKeys: String, CodingKey, CaseIterable {
    case isSegmentation = "is_seg"
    case order
    case orderZ = "order_z"
    case forceSeparateZ = "force_separate_z"
  }

  /// Reads settings; missing keys get the defaults of nnU-Net's function.
  public init(from decoder: any Decoder) throws {
    let c = try decoder.container(keyedBy: CodingKeys.self)
    isSegmentation = try c.decodeIfPresent(Bool.self, forKey: .isSegmentation) ?? false
    order = try c.decodeIfPresent(Int.self, forKey: .order) ?? 3
    orderZ = try c.decodeIfPresent(Int.self, forKey: .orderZ) ?? 0
    // Null means that the spacings decide, a missing key means never.
    forceSeparateZ =
      c.contains(.forceSeparateZ)
      ? try c.decodeIfPresent(Bool.self, forKey: .forceSeparateZ) : false
  }

  /// Writes all four keys; `forceSeparateZ` as null where the spacings decide.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(isSegmentation, forKey: .isSegmentation)
    try container.encode(order, forKey: .order)
    try container.encode(orderZ, forKey: .orderZ)
    try container.encode(forceSeparateZ, forKey: .forceSeparateZ)
  }
}

/// One configuration of a plan (2d, 3d_fullres …) with its inherited values.
///
/// Axes are in the transposed order of the plan; a 2D configuration has only the last two.
public struct Configuration: Codable, Hashable, Sendable {
  /// The folder of the preprocessed cases.
  public var dataIdentifier: String
  /// nnU-Net's preprocessor class.
  public var preprocessorName: String
  /// The number of patches of a batch.
  public var batchSize: Int
  /// The size of a patch in voxels.
  public var patchSize: [Int]
  /// The median size of the resampled training images in voxels.
  public var medianImageSize: [Double]
  /// The spacing of the network's grid in mm.
  public var spacing: [Double]
  /// The normalisation of each channel.
  public var normalizationSchemes: [NormalizationScheme]
  /// Whether normalisation of each channel is restricted to the non-zero region.
  public var useMaskForNorm: [Bool]
  /// How images are resampled.
  public var resamplingData: ResamplingSettings
  /// How label maps are resampled.
  public var resamplingSegmentation: ResamplingSettings
  /// How network output is resampled.
  public var resamplingProbabilities: ResamplingSettings
  /// The network.
  public var architecture: NetworkArchitecture
  /// Whether the Dice loss pools the whole batch before the ratio.
  public var batchDice: Bool
  /// The next stages of a cascade, which refine the output of this configuration.
  public var nextStages: [String]
  /// The previous stage of a cascade, whose output this configuration refines.
  public var previousStage: String?

  /// The number of spatial axes of the patches, 2 or 3.
  public var dimensions: Int { patchSize.count }

  /// A configuration of given values; `check` finds contradictions.
  public init(
    dataIdentifier: String, preprocessorName: String = "DefaultPreprocessor", batchSize: Int,
    patchSize: [Int], medianImageSize: [Double], spacing: [Double],
    normalizationSchemes: [NormalizationScheme], useMaskForNorm: [Bool],
    resamplingData: ResamplingSettings = .init(isSegmentation: false, order: 3),
    resamplingSegmentation: ResamplingSettings = .init(isSegmentation: true, order: 1),
    resamplingProbabilities: ResamplingSettings = .init(isSegmentation: false, order: 1),
    architecture: NetworkArchitecture, batchDice: Bool, nextStages: [String] = [],
    previousStage: String? = nil
  ) {
    self.dataIdentifier = dataIdentifier
    self.preprocessorName = preprocessorName
    self.batchSize = batchSize
    self.patchSize = patchSize
    self.medianImageSize = medianImageSize
    self.spacing = spacing
    self.normalizationSchemes = normalizationSchemes
    self.useMaskForNorm = useMaskForNorm
    self.resamplingData = resamplingData
    self.resamplingSegmentation = resamplingSegmentation
    self.resamplingProbabilities = resamplingProbabilities
    self.architecture = architecture
    self.batchDice = batchDice
    self.nextStages = nextStages
    self.previousStage = previousStage
  }

  /// The number of input channels of the network: those of the image and, in a cascade, a mask for
  /// each foreground label of the previous stage.
  public func inputChannels(of dataset: DatasetDescription) -> Int {
    dataset.channelNames.count + (previousStage == nil ? 0 : dataset.labels.foregroundLabels.count)
  }

  /// The spacing in mm of the network's grid for a case of a spacing, both in the plan's order of
  /// axes.
  ///
  /// In 2D the slices keep their distance.
  public func targetSpacing(for spacing: [Double]) -> [Double] {
    dimensions == 2 ? [spacing[0]] + self.spacing : self.spacing
  }

  /// Throws an `NNUNetError` with the code `plans` where the numbers contradict each other.
  public func check(subject: String) throws(NNUNetError) {
    func wrong(_ detail: String) -> NNUNetError { NNUNetError(.plans, subject, detail) }
    if let fault = architecture.fault { throw wrong(fault) }
    let n = architecture.dimensions
    if patchSize.count != n || spacing.count != n {
      throw wrong("patch_size and spacing should have \(n) axes, as the strides have")
    }
    if spacing.contains(where: { !($0 > 1e-6 && $0 < 1e6) }) {
      throw wrong("spacing is \(crossed(spacing)); positive millimetres were expected")
    }
    if !(1...100_000).contains(batchSize) { throw wrong("batch_size is \(batchSize)") }
    for (size, factor) in zip(patchSize, architecture.totalStride)
    where size < 1 || size > 1 << 16 || size % factor != 0 {
      throw wrong(
        "patch_size \(crossed(patchSize)) should be a multiple of the network's stride "
          + "\(architecture.totalStride)")
    }
    if normalizationSchemes.isEmpty || normalizationSchemes.count != useMaskForNorm.count {
      throw wrong("normalization_schemes and use_mask_for_norm need one entry for each channel")
    }
    if resamplingData.isSegmentation || !resamplingSegmentation.isSegmentation
      || resamplingProbabilities.isSegmentation
    {
      throw wrong(
        "\"is_seg\" should be true in resampling_fn_seg_kwargs and nowhere else; a configuration that "
          + "inherits has to repeat all of these keys")
    }
    for settings in [resamplingData, resamplingSegmentation, resamplingProbabilities] {
      if ![0, 1, 3].contains(settings.order) || settings.orderZ != 0 {
        throw wrong(
          "resampling of order \(settings.order) (order_z \(settings.orderZ)) is not supported; "
            + "orders are 0, 1 and 3, order_z is 0")
      }
    }
  }

  private enum Key: String, CodingKey, CaseIterable {
    case dataIdentifier = "data_identifier"
    case preprocessorName = "preprocessor_name"
    case batchSize = "batch_size"
    case patchSize = "patch_size"
    case medianImageSize = "median_image_size_in_voxels"
    case spacing
    case normalizationSchemes = "normalization_schemes"
    case useMaskForNorm = "use_mask_for_norm"
    case resampleData = "resampling_fn_data"
    case resampleSegmentation = "resampling_fn_seg"
    case resamplingData = "resampling_fn_data_kwargs"
    case resamplingSegmentation = "resampling_fn_seg_kwargs"
    case resampleProbabilities = "resampling_fn_probabilities"
    case resamplingProbabilities = "resampling_fn_probabilities_kwargs"
    case architecture
    case batchDice = "batch_dice"
    case nextStage = "next_stage"
    case previousStage = "previous_stage"
  }

  private static let resampleFunction = "resample_data_or_seg_to_shape"

  /// The configuration with its keys in nnU-Net's order.
  func json() throws -> JSON {
    let keys =
      Key.allCases.map(\.rawValue) + ResamplingSettings.CodingKeys.allCases.map(\.rawValue)
    return try JSON(encoding: self).ordered(by: keys + NetworkArchitecture.keys)
  }

  /// Reads a configuration whose inherited keys are filled in.
  public init(from decoder: any Decoder) throws {
    let c = try decoder.container(keyedBy: Key.self)
    dataIdentifier = try c.decode(String.self, forKey: .dataIdentifier)
    preprocessorName = try c.decode(String.self, forKey: .preprocessorName)
    batchSize = try c.decode(Int.self, forKey: .batchSize)
    patchSize = try c.decode([Int].self, forKey: .patchSize)
    medianImageSize = try c.decode([Double].self, forKey: .medianImageSize)
    spacing = try c.decode([Double].self, forKey: .spacing)
    normalizationSchemes = try c.decode([NormalizationScheme].self, forKey: .normalizationSchemes)
    useMaskForNorm = try c.decode([Bool].self, forKey: .useMaskForNorm)
    for key in [Key.resampleData, .resampleSegmentation, .resampleProbabilities] {
      let function = try c.decode(String.self, forKey: key)
      if function != Self.resampleFunction {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: c,
          debugDescription: "\(function) is not supported, only \(Self.resampleFunction)")
      }
    }
    resamplingData = try c.decode(ResamplingSettings.self, forKey: .resamplingData)
    resamplingSegmentation = try c.decode(ResamplingSettings.self, forKey: .resamplingSegmentation)
    resamplingProbabilities = try c.decode(
      ResamplingSettings.self, forKey: .resamplingProbabilities)
    architecture = try c.decode(NetworkArchitecture.self, forKey: .architecture)
    batchDice = try c.decode(Bool.self, forKey: .batchDice)
    let next = try c.decodeIfPresent(JSON.self, forKey: .nextStage)
    nextStages = next?.string.map { [$0] } ?? next?.array?.compactMap(\.string) ?? []
    previousStage = try c.decodeIfPresent(String.self, forKey: .previousStage)
  }

  /// Writes a configuration with all of nnU-Net's keys.
  public func encode(to encoder: any Encoder) throws {
    var c = encoder.container(keyedBy: Key.self)
    try c.encode(dataIdentifier, forKey: .dataIdentifier)
    try c.encode(preprocessorName, forKey: .preprocessorName)
    try c.encode(batchSize, forKey: .batchSize)
    try c.encode(patchSize, forKey: .patchSize)
    try c.encode(medianImageSize, forKey: .medianImageSize)
    try c.encode(spacing, forKey: .spacing)
    try c.encode(normalizationSchemes, forKey: .normalizationSchemes)
    try c.encode(useMaskForNorm, forKey: .useMaskForNorm)
    for key in [Key.resampleData, .resampleSegmentation, .resampleProbabilities] {
      try c.encode(Self.resampleFunction, forKey: key)
    }
    try c.encode(resamplingData, forKey: .resamplingData)
    try c.encode(resamplingSegmentation, forKey: .resamplingSegmentation)
    try c.encode(resamplingProbabilities, forKey: .resamplingProbabilities)
    try c.encode(architecture, forKey: .architecture)
    try c.encode(batchDice, forKey: .batchDice)
    if nextStages.count == 1 { try c.encode(nextStages[0], forKey: .nextStage) }
    if nextStages.count > 1 { try c.encode(nextStages, forKey: .nextStage) }
    try c.encodeIfPresent(previousStage, forKey: .previousStage)
  }
}
