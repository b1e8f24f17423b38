// SPDX-License-Identifier: Apache-2.0
public import Torch

/// How trained networks are computed.
public enum InferenceEngine: String, Sendable, CaseIterable {
  /// Layer by layer, as nnunetv2 does, with the same bits on as many threads of a processor.
  case plain
  /// Packed for the processor (`PackedUNet`), which is faster and equal but for rounding, or an error.
  case packed
  /// Packed where that is possible, plain elsewhere.
  case auto

  /// Whether networks are packed; throws where that was asked for and cannot be.
  func packs(
    _ networks: [any SegmentationNetwork], patch: [Int], precision: DType, on device: Device
  ) throws -> Bool {
    func refuse(_ detail: String) -> LearningError {
      LearningError(.unsupported, subject: "prediction", detail: detail)
    }
    guard precision == .float32 || precision == .bfloat16 else {
      throw refuse("networks multiply float32 or bfloat16, not \(precision.rawValue)")
    }
    if self == .plain || (self == .auto && precision == .float32 && device != .cpu) {
      guard precision == .float32 else {
        throw refuse("the plain engine multiplies float32, not \(precision.rawValue)")
      }
      return false
    }
    let fits = networks.allSatisfy { network in
      let architecture = network.architecture
      let shape = [1, architecture.inputChannels] + patch
      return (try? architecture.requireFits(shape)) != nil
    }
    let isPossible =
      try fits
      && networks.allSatisfy { try PackedUNet.canPack($0, on: device, dtype: .float32) }
    guard isPossible else {
      if self == .auto && precision == .float32 { return false }
      throw refuse(
        "\(device) and this network have no packed engine, and \(precision.rawValue) was asked "
          + "for; use the plain engine in float32")
    }
    guard try precision == .float32 || PackedConvolution.isSupported(precision) else {
      throw refuse("this processor does not multiply \(precision.rawValue); use float32")
    }
    return true
  }
}

/// What is spared, and how networks are computed; the default spares nothing.
public struct InferenceOptions: Sendable, Hashable {
  /// How the networks are computed.
  public var engine = InferenceEngine.plain
  /// What the networks multiply, `float32` or `bfloat16`; logits are added up as always.
  public var precision = DType.float32
  /// Whether windows in which nothing can be found are background without being computed.
  public var skipsEmptyWindows = false
  /// The probabilities of calcium, from 0 to 1, that leave a candidate undecided.
  ///
  /// Only windows with such a candidate are averaged over mirrored copies; without a band all are.
  public var undecided: ClosedRange<Double>?

  /// The band of `cac predict --mirror-candidates`; Docs/explanation/inference.md says why.
  public static let undecidedBand = 0.02...0.98

  /// nnunetv2's numbers.
  public init() {}

  /// Everything that changes Agatston scores by less than one per cent; see
  /// Docs/explanation/inference.md.
  public static func fast() throws -> InferenceOptions {
    var options = InferenceOptions()
    options.engine = .auto
    options.skipsEmptyWindows = true
    options.undecided = undecidedBand
    if try PackedConvolution.isSupported(.bfloat16) { options.precision = .bfloat16 }
    return options
  }
}

/// A network as it predicts.
enum InferenceNetwork {
  case plain(any SegmentationNetwork)
  case packed(PackedUNet)

  /// Packs the network for a patch, if one is given.
  init(_ network: any SegmentationNetwork, packedFor patch: [Int]?, dtype: DType) throws {
    self =
      try patch.map { .packed(try PackedUNet(network, patch: $0, dtype: dtype)) }
      ?? .plain(network)
  }

  var architecture: UNetArchitecture {
    switch self {
    case .plain(let network): network.architecture
    case .packed(let network): network.architecture
    }
  }

  func callAsFunction(_ x: Tensor) throws -> Tensor {
    switch self {
    case .plain(let network): try network(x)
    case .packed(let network): try network(x)
    }
  }
}
