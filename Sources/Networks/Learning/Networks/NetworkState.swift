// SPDX-License-Identifier: Apache-2.0
public import Torch

extension SegmentationNetwork {
  /// The parameters by name, as they are; they change with the network.
  public var state: [String: Tensor] {
    Dictionary(parameters.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
  }

  /// Copies stored parameters into the network.
  ///
  /// Names may be PyTorch's canonical ones or any of their aliases. Throws a `LearningError`, and
  /// leaves the network as it was, if one is missing, has another shape, or belongs to no part.
  /// `partial` leaves alone what is missing and passes over what belongs to no part, for other
  /// heads.
  public func load(_ stored: [String: Tensor], partial: Bool = false) throws {
    var known: [String: Tensor] = [:]
    for (name, tensor) in stored { known[ParameterName.canonical(name)] = tensor }
    let own = parameters
    for (name, tensor) in own {
      guard let value = known[name] else {
        if partial { continue }
        throw LearningError(
          .state, subject: name, detail: "the stored state lacks this parameter of the network")
      }
      guard value.shape == tensor.shape else {
        throw LearningError(
          .state, subject: name,
          detail: "its stored shape is \(value.shape), the network's \(tensor.shape)")
      }
      guard try value.dtype.isFloatingPoint else {
        throw LearningError(
          .state, subject: name, detail: "it is stored as \(try value.dtype.rawValue)")
      }
    }
    if !partial {
      let names = Set(own.map(\.name))
      if let extra = known.keys.filter({ !names.contains($0) }).min() {
        throw LearningError(
          .state, subject: extra, detail: "the network has no parameter of this name")
      }
    }
    try withoutGradients {
      for (name, tensor) in own {
        if let value = known[name] { try tensor.copy(from: value) }
      }
    }
  }
}

/// The names under which PyTorch stores one parameter more than once.
public enum ParameterName {
  /// The name that parameters carry here, for any of PyTorch's.
  ///
  /// The decoder holds the encoder a second time, each block its layers a second time under
  /// `all_modules`, and parallel training puts `module.` in front.
  public static func canonical(_ name: String) -> String {
    var name = name
    if name.hasPrefix("module.") { name.removeFirst("module.".count) }
    if name.hasPrefix("decoder.encoder.") { name.removeFirst("decoder.".count) }
    return
      name
      .replacing(".all_modules.0.", with: ".conv.")
      .replacing(".all_modules.1.", with: ".norm.")
  }

  /// All of PyTorch's names of a parameter, the canonical one first.
  ///
  /// A state that the original is to load strictly needs an entry for each.
  public static func aliases(_ name: String) -> [String] {
    var names = [name]
    if name.contains(".convs.") || name.contains(".blocks.") {
      let twin =
        name
        .replacing(".conv.", with: ".all_modules.0.").replacing(".norm.", with: ".all_modules.1.")
      if twin != name { names.append(twin) }
    }
    if name.hasPrefix("encoder.") { names += names.map { "decoder.\($0)" } }
    return names
  }
}
