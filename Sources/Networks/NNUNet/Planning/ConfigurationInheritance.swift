// SPDX-License-Identifier: Apache-2.0
import Files

extension Plans {
  /// A configuration with its inherited values.
  ///
  /// A key of a child replaces the parent's value as a whole, as in nnU-Net. The flat keys of plans
  /// from before nnU-Net 2.3 are converted.
  ///
  /// - Throws: `NNUNetError` with the code `plans` where there is no such configuration, or where
  ///   its values contradict each other.
  public func configuration(_ name: String) throws -> Configuration {
    let subject = "configuration \(name) of \(plansName)"
    var object = try resolved(name, chain: [])
    object["inherits_from"] = nil
    if object["architecture"] == nil, object["UNet_class_name"] != nil {
      object = try converted(object, subject: subject)
    }
    let configuration = try JSON.object(object).decode(
      Configuration.self, code: .plans, subject: subject)
    try configuration.check(subject: subject)
    return configuration
  }

  private func resolved(_ name: String, chain: [String]) throws(NNUNetError) -> JSONObject {
    guard let object = configurations[name]?.object else {
      throw NNUNetError(
        .plans, plansName,
        "there is no configuration \(name); it has \(configurationNames.joined(separator: ", "))")
    }
    guard let parent = object["inherits_from"], parent != .null else { return object }
    guard let parentName = parent.string else {
      throw NNUNetError(.plans, plansName, "\"inherits_from\" of \(name) should be a name")
    }
    if chain.contains(name) {
      throw NNUNetError(
        .plans, plansName,
        "configurations inherit in a circle: \((chain + [name]).joined(separator: " → "))")
    }
    var all = try resolved(parentName, chain: chain + [name])
    for key in object.keys { all[key] = object[key] }
    return all
  }

  /// Converts the flat keys by which plans up to nnU-Net 2.2 describe the network.
  private func converted(_ old: JSONObject, subject: String) throws(NNUNetError) -> JSONObject {
    func ints(_ value: JSON?) -> [Int]? {
      guard let list = value?.array, case let values = list.compactMap(\.int),
        values.count == list.count
      else { return nil }
      return values
    }
    func lists(_ key: String) throws(NNUNetError) -> [[Int]] {
      guard let rows = old[key]?.array, case let values = rows.compactMap(ints),
        values.count == rows.count
      else { throw NNUNetError(.plans, subject, "the key \"\(key)\" is missing or no list") }
      return values
    }
    guard let encoder = ints(old["n_conv_per_stage_encoder"]), encoder.count <= 64,
      let decoder = ints(old["n_conv_per_stage_decoder"]),
      let base = old["UNet_base_num_features"]?.int, base > 0,
      let largest = old["unet_max_num_features"]?.int, largest > 0, largest < 1 << 20
    else {
      throw NNUNetError(
        .plans, subject, "this plan from before nnU-Net 2.3 lacks a key of its network")
    }
    let family: NetworkArchitecture.Family
    switch old["UNet_class_name"]?.string {
    case "PlainConvUNet": family = .plainConvUNet
    case "ResidualEncoderUNet": family = .residualEncoderUNet
    case let name:
      throw NNUNetError(.plans, subject, "the network \(name ?? "null") is not supported")
    }
    var features = [min(base, largest)]
    while features.count < encoder.count {
      features.append(min(features[features.count - 1] * 2, largest))
    }
    let architecture = NetworkArchitecture(
      family: family, featuresPerStage: features, kernelSizes: try lists("conv_kernel_sizes"),
      strides: try lists("pool_op_kernel_sizes"), nConvPerStage: encoder,
      nConvPerStageDecoder: decoder)
    var new = old
    do {
      new["architecture"] = try JSON(encoding: architecture)
    } catch {
      throw NNUNetError(.plans, subject, "the network cannot be converted: \(error)")
    }
    return new
  }
}
