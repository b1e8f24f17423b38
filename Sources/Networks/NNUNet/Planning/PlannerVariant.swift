// SPDX-License-Identifier: Apache-2.0

/// The planners of nnU-Net, each of which sizes a family of networks for an amount of graphics
/// memory.
///
/// Raw values are nnU-Net's class names in plans files.
public enum PlannerVariant: String, Codable, CaseIterable, Hashable, Sendable {
  /// The default: a plain U-Net for 8 GB.
  case standard = "ExperimentPlanner"
  /// The first residual planner, for 8 GB.
  case residual = "ResEncUNetPlanner"
  /// Residual encoder M, for 8 GB.
  case residualM = "nnUNetPlannerResEncM"
  /// Residual encoder L, for 24 GB.
  case residualL = "nnUNetPlannerResEncL"
  /// Residual encoder XL, for 40 GB.
  case residualXL = "nnUNetPlannerResEncXL"

  /// The word of the command line; `nil` for the first residual planner, which no command offers.
  public var word: String? {
    switch self {
    case .standard: "default"
    case .residual: nil
    case .residualM: "resenc-m"
    case .residualL: "resenc-l"
    case .residualXL: "resenc-xl"
    }
  }

  /// The planner that a word of the command line means.
  public init?(word: String) {
    guard let variant = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = variant
  }

  /// The name of the plan where none is given.
  public var plansName: String {
    switch self {
    case .standard: "nnUNetPlans"
    case .residual: "nnUNetResEncUNetPlans"
    case .residualM: "nnUNetResEncUNetMPlans"
    case .residualL: "nnUNetResEncUNetLPlans"
    case .residualXL: "nnUNetResEncUNetXLPlans"
    }
  }

  /// The family of networks.
  public var family: NetworkArchitecture.Family {
    self == .standard ? .plainConvUNet : .residualEncoderUNet
  }

  /// The graphics memory in GB for which the reference values hold.
  public var referenceMemory: Double {
    switch self {
    case .standard, .residual, .residualM: 8
    case .residualL: 24
    case .residualXL: 40
    }
  }

  /// The number of convolution outputs that fit into that memory, by the number of spatial axes.
  func reference(dimensions: Int) -> Double {
    switch self {
    case .standard: dimensions == 2 ? 85e6 : 560e6
    case .residual, .residualM: dimensions == 2 ? 135e6 : 680e6
    case .residualL: dimensions == 2 ? 380e6 : 2100e6
    case .residualXL: dimensions == 2 ? 560e6 : 3600e6
    }
  }

  /// The batch size for which the reference values hold.
  static func referenceBatch(dimensions: Int) -> Double { dimensions == 2 ? 12 : 2 }

  /// The largest share of the data set's voxels in one batch.
  var largestShare: Double { self == .standard || self == .residual ? 0.05 : 1 }

  /// The largest number of feature channels.
  static func featureCap(dimensions: Int) -> Int { dimensions == 2 ? 512 : 320 }

  /// The number of convolutions or blocks of each encoder stage; networks have no more stages than
  /// this.
  var encoderCounts: [Int] {
    self == .standard ? Array(repeating: 2, count: 14) : [1, 3, 4] + Array(repeating: 6, count: 10)
  }

  /// The number of convolutions of each decoder stage.
  var decoderCount: Int { self == .standard ? 2 : 1 }

  /// Whether a patch with this estimate of memory is too large.
  func isTooLarge(_ estimate: Double, reference: Double, dimensions: Int) -> Bool {
    self == .standard
      ? estimate / Self.referenceBatch(dimensions: dimensions) * 2 > reference
      : estimate > reference
  }

  /// The name of the folder of preprocessed cases; the residual planners share that of the default
  /// one.
  func dataIdentifier(plansName: String, configuration: String) -> String {
    self == .standard || configuration == "3d_lowres"
      ? "\(plansName)_\(configuration)" : "\(Self.standard.plansName)_\(configuration)"
  }
}
