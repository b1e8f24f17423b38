// SPDX-License-Identifier: Apache-2.0
import Text

/// A convention as it was applied to one study, with the thresholds that it came to.
public struct AppliedConvention: Hashable, Sendable {
  /// The rules.
  public let convention: Convention
  /// The density bounds in HU that the tube voltage gave.
  public let bounds: DensityBounds
  /// How the tube voltage was dealt with.
  public let voltageRule: VoltageRule

  /// A convention with the bounds that a voltage rule gave.
  public init(convention: Convention, bounds: DensityBounds, voltageRule: VoltageRule) {
    self.convention = convention
    self.bounds = bounds
    self.voltageRule = voltageRule
  }

  /// The lowest HU of a scored voxel; `nil` where the mask alone decides.
  ///
  /// HU are integers, so "above 130" is "from 131".
  public var threshold: Int? {
    switch convention.threshold {
    case .none: nil
    case .atLeast: Int(bounds.lower[0])
    case .above: Int(bounds.lower[0]) + 1
    }
  }
}

extension AppliedConvention: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, connectivity, peak
    case rule = "threshold"
    case threshold = "threshold_hu"
    case minimumArea = "min_area_mm2"
    case minimumVoxels = "min_voxels"
    case minimumVolume = "min_volume_mm3"
    case factor = "slice_factor"
    case leftMain = "left_main_counts_as_lad"
    case weights = "weights_hu"
    case voltage = "kv_rule"
  }

  /// Writes the name and every parameter, so that a score can be told from another by its file.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(convention.name, forKey: .name)
    try container.encode(convention.threshold, forKey: .rule)
    try container.encode(threshold, forKey: .threshold)
    try container.encode(convention.connectivity, forKey: .connectivity)
    try container.encode(convention.minimumArea, forKey: .minimumArea)
    try container.encode(convention.minimumVoxels, forKey: .minimumVoxels)
    try container.encode(convention.minimumVolume, forKey: .minimumVolume)
    try container.encode(convention.peak, forKey: .peak)
    try container.encode(convention.factor, forKey: .factor)
    try container.encode(convention.leftMainCountsAsLAD, forKey: .leftMain)
    try container.encode((0..<4).map { Int(bounds.lower[$0]) }, forKey: .weights)
    try container.encode(voltageRule, forKey: .voltage)
  }

  /// Reads what `encode(to:)` writes.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    convention = Convention(
      name: try container.decode(String.self, forKey: .name),
      threshold: try container.decode(ThresholdRule.self, forKey: .rule),
      connectivity: try container.decode(Connectivity.self, forKey: .connectivity),
      minimumArea: try container.decodeIfPresent(Double.self, forKey: .minimumArea),
      minimumVoxels: try container.decodeIfPresent(Int.self, forKey: .minimumVoxels),
      minimumVolume: try container.decodeIfPresent(Double.self, forKey: .minimumVolume),
      peak: try container.decode(PeakRule.self, forKey: .peak),
      factor: try container.decode(SliceFactor.self, forKey: .factor),
      leftMainCountsAsLAD: try container.decode(Bool.self, forKey: .leftMain))
    let weights = try container.decode([Int16].self, forKey: .weights)
    guard weights.count == 4 else {
      throw DecodingError.dataCorruptedError(
        forKey: .weights, in: container, debugDescription: "there are four density bounds")
    }
    bounds = DensityBounds(weights[0], weights[1], weights[2], weights[3])
    voltageRule = try container.decode(VoltageRule.self, forKey: .voltage)
  }
}

extension AppliedConvention: CustomStringConvertible {
  /// The name and every parameter in one line, for people.
  public var description: String {
    var parts = [threshold.map { "≥ \($0) HU" } ?? "the mask as it is"]
    parts.append("\(convention.connectivity.rawValue) neighbours")
    if let least = convention.minimumArea { parts.append("≥ \(short(least)) mm²") }
    if let least = convention.minimumVoxels { parts.append("≥ \(least) voxels") }
    if let least = convention.minimumVolume { parts.append("≥ \(short(least)) mm³") }
    parts.append(convention.peak == .slice ? "peak per slice" : "peak per lesion")
    parts.append("× \(convention.factor.rawValue)")
    if convention.leftMainCountsAsLAD { parts.append("LM counted with LAD") }
    if voltageRule == .graeni2018 { parts.append("bounds of Gräni 2018") }
    if voltageRule == .forced { parts.append("120 kV bounds forced") }
    return "\(convention.title) (\(parts.joined(separator: ", ")))"
  }

  private func short(_ value: Double) -> String {
    shortDecimal(value, wholeBelow: 1e6)
  }
}
