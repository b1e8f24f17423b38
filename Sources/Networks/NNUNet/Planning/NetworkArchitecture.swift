// SPDX-License-Identifier: Apache-2.0
import Files
import Text

/// The form of a U-Net as plans files describe it.
///
/// The keys are those of `architecture.arch_kwargs`. Stage 0 has the finest grid. Lists have one
/// entry for each stage; decoder lists have one less, from the coarsest grid to the finest. Kernel
/// sizes and strides have one number for each spatial axis.
public struct NetworkArchitecture: Codable, Hashable, Sendable {
  /// The families of networks.
  public enum Family: String, Codable, CaseIterable, Hashable, Sendable {
    /// Plain convolution blocks.
    case plainConvUNet = "dynamic_network_architectures.architectures.unet.PlainConvUNet"
    /// An encoder of residual blocks.
    case residualEncoderUNet =
      "dynamic_network_architectures.architectures.unet.ResidualEncoderUNet"

    /// The name for readers.
    public var title: String {
      switch self {
      case .plainConvUNet: "plain U-Net"
      case .residualEncoderUNet: "residual encoder U-Net"
      }
    }
  }

  /// Plain or residual.
  public var family: Family
  /// The number of resolutions.
  public var nStages: Int
  /// The number of feature channels of each stage.
  public var featuresPerStage: [Int]
  /// The kernel size of each stage, per axis.
  public var kernelSizes: [[Int]]
  /// The stride of the first convolution of each stage, per axis.
  public var strides: [[Int]]
  /// The number of convolutions (plain) or residual blocks of each encoder stage.
  public var nConvPerStage: [Int]
  /// The number of convolutions of each decoder stage.
  public var nConvPerStageDecoder: [Int]
  /// Whether convolutions have a bias.
  public var convBias: Bool
  /// The epsilon of the instance norm.
  public var normEps: Double
  /// Whether the instance norm has a weight and a bias.
  public var normAffine: Bool

  /// The factor of the leaky ReLU for negative values; nnU-Net has no other.
  public static let negativeSlope = 0.01

  /// An architecture; checked where a configuration is read or made, and where a network is built.
  ///
  /// Without numbers of convolutions there are two in each stage, as in nnU-Net's default planner.
  public init(
    family: Family = .plainConvUNet, featuresPerStage: [Int], kernelSizes: [[Int]],
    strides: [[Int]], nConvPerStage: [Int]? = nil, nConvPerStageDecoder: [Int]? = nil,
    convBias: Bool = true, normEps: Double = 1e-5, normAffine: Bool = true
  ) {
    self.family = family
    self.nStages = featuresPerStage.count
    self.featuresPerStage = featuresPerStage
    self.kernelSizes = kernelSizes
    self.strides = strides
    self.nConvPerStage = nConvPerStage ?? featuresPerStage.map { _ in 2 }
    self.nConvPerStageDecoder = nConvPerStageDecoder ?? featuresPerStage.dropFirst().map { _ in 2 }
    self.convBias = convBias
    self.normEps = normEps
    self.normAffine = normAffine
  }

  /// The number of spatial axes, 2 or 3.
  public var dimensions: Int { strides.first?.count ?? 0 }

  /// The product of the strides along each axis; patch sizes must be multiples of it.
  public var totalStride: [Int] {
    (0..<dimensions).map { axis in strides.reduce(1) { $0 * $1[axis] } }
  }

  /// A sentence about numbers that contradict each other; `nil` where there are none.
  public var fault: String? {
    let perStage = [
      ("features_per_stage", featuresPerStage.count), ("kernel_sizes", kernelSizes.count),
      ("strides", strides.count), ("n_conv_per_stage", nConvPerStage.count),
    ]
    if nStages < 1 || nStages > 20 { return "n_stages is \(nStages); 1 to 20 were expected" }
    for (key, count) in perStage where count != nStages {
      return "\(key) has \(counted(count, "entry", "entries")) for \(counted(nStages, "stage"))"
    }
    if nConvPerStageDecoder.count != nStages - 1 {
      return
        "n_conv_per_stage_decoder has \(counted(nConvPerStageDecoder.count, "entry", "entries")) for "
        + counted(nStages - 1, "decoder stage")
    }
    if dimensions != 2 && dimensions != 3 { return "strides should have 2 or 3 axes" }
    for (key, list) in [("kernel_sizes", kernelSizes), ("strides", strides)] {
      if list.contains(where: { $0.count != dimensions || $0.contains { $0 < 1 || $0 > 64 } }) {
        return "\(key) should hold \(dimensions) numbers from 1 to 64 for each stage"
      }
    }
    if strides.contains(where: { $0.contains { $0 > 8 } }) { return "a stride is larger than 8" }
    if kernelSizes.contains(where: { $0.contains { $0 % 2 == 0 } }) {
      return "kernel sizes should be odd"
    }
    let counts = featuresPerStage + nConvPerStage + nConvPerStageDecoder
    if counts.contains(where: { $0 < 1 || $0 > 65_536 }) {
      return "features and numbers of convolutions should be from 1 to 65536"
    }
    return normEps > 0 && normEps.isFinite ? nil : "eps of the norm should be positive"
  }

  private enum Key: String, CodingKey, CaseIterable {
    case networkClassName = "network_class_name"
    case arguments = "arch_kwargs"
    case imports = "_kw_requires_import"
  }

  private enum Argument: String, CodingKey, CaseIterable {
    case nStages = "n_stages"
    case featuresPerStage = "features_per_stage"
    case convolution = "conv_op"
    case kernelSizes = "kernel_sizes"
    case strides
    case nConvPerStage = "n_conv_per_stage"
    case nBlocksPerStage = "n_blocks_per_stage"
    case nConvPerStageDecoder = "n_conv_per_stage_decoder"
    case convBias = "conv_bias"
    case norm = "norm_op"
    case normArguments = "norm_op_kwargs"
    case dropout = "dropout_op"
    case dropoutArguments = "dropout_op_kwargs"
    case nonlinearity = "nonlin"
    case nonlinearityArguments = "nonlin_kwargs"
  }

  /// The keys in the order in which nnU-Net writes them.
  static let keys =
    Key.allCases.map(\.rawValue) + Argument.allCases.map(\.rawValue) + ["eps", "affine"]

  /// Reads the `architecture` of a configuration; values that are not supported are errors.
  public init(from decoder: any Decoder) throws {
    let outer = try decoder.container(keyedBy: Key.self)
    let name = try outer.decode(String.self, forKey: .networkClassName)
    guard let family = Family(rawValue: name) else {
      throw DecodingError.dataCorruptedError(
        forKey: .networkClassName, in: outer, debugDescription: "unknown network \(name)")
    }
    self.family = family
    let inner = try outer.nestedContainer(keyedBy: Argument.self, forKey: .arguments)
    let stages = try inner.decode(Int.self, forKey: .nStages)
    nStages = stages
    func perStage(_ key: Argument, _ count: Int) throws -> [Int] {
      if let number = try? inner.decode(Int.self, forKey: key) {
        return Array(repeating: number, count: max(0, min(count, 64)))
      }
      return try inner.decode([Int].self, forKey: key)
    }
    featuresPerStage = try perStage(.featuresPerStage, stages)
    kernelSizes = try inner.decode([[Int]].self, forKey: .kernelSizes)
    strides = try inner.decode([[Int]].self, forKey: .strides)
    nConvPerStage = try perStage(
      family == .plainConvUNet ? .nConvPerStage : .nBlocksPerStage, stages)
    nConvPerStageDecoder = try perStage(.nConvPerStageDecoder, stages - 1)
    convBias = try inner.decodeIfPresent(Bool.self, forKey: .convBias) ?? false
    let norm = try inner.decodeIfPresent(JSON.self, forKey: .normArguments)
    normEps = norm?["eps"]?.double ?? 1e-5
    if case .bool(let affine)? = norm?["affine"] { normAffine = affine } else { normAffine = false }
    let expected: [(Argument, String)] = [
      (.norm, "torch.nn.modules.instancenorm.InstanceNorm"), (.nonlinearity, "torch.nn.LeakyReLU"),
      (.convolution, "torch.nn.modules.conv.Conv"),
    ]
    for (key, prefix) in expected {
      let value = try inner.decode(String.self, forKey: key)
      if !value.hasPrefix(prefix) {
        throw DecodingError.dataCorruptedError(
          forKey: key, in: inner, debugDescription: "\(value) is not supported")
      }
    }
    let activation = try inner.decodeIfPresent(JSON.self, forKey: .nonlinearityArguments)
    if let slope = activation?["negative_slope"]?.double, slope != Self.negativeSlope {
      throw DecodingError.dataCorruptedError(
        forKey: .nonlinearityArguments, in: inner,
        debugDescription: "a slope of \(slope) is not supported, only \(Self.negativeSlope)")
    }
    if let dropout = try inner.decodeIfPresent(String.self, forKey: .dropout) {
      throw DecodingError.dataCorruptedError(
        forKey: .dropout, in: inner, debugDescription: "\(dropout) is not supported")
    }
  }

  /// Writes the `architecture` of a configuration with all of nnU-Net's keys.
  public func encode(to encoder: any Encoder) throws {
    var outer = encoder.container(keyedBy: Key.self)
    try outer.encode(family, forKey: .networkClassName)
    try outer.encode(["conv_op", "norm_op", "dropout_op", "nonlin"], forKey: .imports)
    var inner = outer.nestedContainer(keyedBy: Argument.self, forKey: .arguments)
    try inner.encode(nStages, forKey: .nStages)
    try inner.encode(featuresPerStage, forKey: .featuresPerStage)
    try inner.encode("torch.nn.modules.conv.Conv\(dimensions)d", forKey: .convolution)
    try inner.encode(kernelSizes, forKey: .kernelSizes)
    try inner.encode(strides, forKey: .strides)
    try inner.encode(
      nConvPerStage, forKey: family == .plainConvUNet ? .nConvPerStage : .nBlocksPerStage)
    try inner.encode(nConvPerStageDecoder, forKey: .nConvPerStageDecoder)
    try inner.encode(convBias, forKey: .convBias)
    try inner.encode(
      "torch.nn.modules.instancenorm.InstanceNorm\(dimensions)d", forKey: .norm)
    try inner.encode(
      JSON.object(["eps": .double(normEps), "affine": .bool(normAffine)]), forKey: .normArguments)
    try inner.encodeNil(forKey: .dropout)
    try inner.encodeNil(forKey: .dropoutArguments)
    try inner.encode("torch.nn.LeakyReLU", forKey: .nonlinearity)
    try inner.encode(JSON.object(["inplace": .bool(true)]), forKey: .nonlinearityArguments)
  }
}
