// SPDX-License-Identifier: Apache-2.0
public import Torch

/// The ways to compute trained networks.
public enum InferenceEngine: String, Sendable, CaseIterable {
  /// Layer by layer, with the same bits as nnunetv2 on the same number of threads of a processor.
  case plain
  /// Packed for the processor (`PackedUNet`): faster, equal but for rounding, and an error where it
  /// is impossible.
  case packed
  /// Packed where that is possible, plain elsewhere.
  case auto

  /// Whether networks are packed; throws a `LearningError` with the code `unsupported` where that
  /// was requested and is impossible.
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

/// The options of inference; by default nothing is skipped and the numbers are nnunetv2's.
public struct InferenceOptions: Sendable, Hashable {
  /// How the networks are computed.
  public var engine = InferenceEngine.plain
  /// The type of numbers that networks multiply, `float32` or `bfloat16`; it does not change how
  /// logits are summed.
  public var precision = DType.float32
  /// Whether windows that cannot hold calcium become background without being computed.
  public var skipsEmptyWindows = false
  /// The range of probabilities of calcium, from 0 to 1, in which a candidate is undecided.
  ///
  /// Only windows with an undecided candidate are averaged over mirrored copies; without a range
  /// all windows are.
  public var undecided: ClosedRange<Double>?

  /// The range of `cac predict --mirror-candidates`; Docs/explanation/inference.md explains it.
  public static let undecidedRange = 0.02...0.98

  /// The defaults.
  public init() {}

  /// The fastest options that change Agatston scores by less than one per cent; see
  /// Docs/explanation/inference.md.
  public static func fast() throws -> InferenceOptions {
    var options = InferenceOptions()
    options.engine = .auto
    options.skipsEmptyWindows = true
    options.undecided = undecidedRange
    if try PackedConvolution.isSupported(.bfloat16) { options.precision = .bfloat16 }
    return options
  }
}

/// A network for inference, packed or not.
enum InferenceNetwork {
  case plain(any SegmentationNetwork)
  case packed(PackedUNet)

  /// A network, packed for a patch size if one is given.
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
