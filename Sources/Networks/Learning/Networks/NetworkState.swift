// SPDX-License-Identifier: Apache-2.0
import Text
public import Torch

extension SegmentationNetwork {
  /// The parameters by name; the tensors are the network's own and change with it.
  public var state: [String: Tensor] {
    Dictionary(parameters.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
  }

  /// Copies stored parameters into the network.
  ///
  /// Names may be PyTorch's canonical ones or any of their aliases.
  ///
  /// - Parameters:
  ///   - stored: the parameters by name.
  ///   - partial: whether parameters may be missing, and unknown ones may be given.
  /// - Throws: `LearningError` with the code `state`, before anything is changed, if a parameter is
  ///   missing, unknown or of another shape.
  public func load(_ stored: [String: Tensor], partial: Bool = false) throws {
    var values: [String: Tensor] = [:]
    for (name, tensor) in stored { values[ParameterName.canonical(name)] = tensor }
    let parameters = parameters
    for (name, tensor) in parameters {
      guard let value = values[name] else {
        if partial { continue }
        throw LearningError(
          .state, subject: name, detail: "the stored state lacks this parameter of the network")
      }
      guard value.shape == tensor.shape else {
        throw LearningError(
          .state, subject: name,
          detail:
            "its stored shape is \(crossed(value.shape)), the network's \(crossed(tensor.shape))")
      }
      guard try value.dtype.isFloatingPoint else {
        throw LearningError(
          .state, subject: name, detail: "it is stored as \(try value.dtype.rawValue)")
      }
    }
    if !partial {
      let names = Set(parameters.map(\.name))
      if let extra = values.keys.filter({ !names.contains($0) }).min() {
        throw LearningError(
          .state, subject: extra, detail: "the network has no parameter of this name")
      }
    }
    try withoutGradients {
      for (name, tensor) in parameters {
        if let value = values[name] { try tensor.copy(from: value) }
      }
    }
  }
}

/// The names under which PyTorch stores one parameter more than once.
public enum ParameterName {
  /// The name in this package for any of PyTorch's names of a parameter.
  ///
  /// PyTorch stores the encoder a second time in the decoder, and the layers of each block a second
  /// time under `all_modules`; parallel training adds the prefix `module.`.
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
  /// A state that nnU-Net loads strictly needs an entry for each of them.
  public static func aliases(_ name: String) -> [String] {
    var names = [name]
    if name.contains(".convs.") || name.contains(".blocks.") {
      let alias =
        name
        .replacing(".conv.", with: ".all_modules.0.").replacing(".norm.", with: ".all_modules.1.")
      if alias != name { names.append(alias) }
    }
    if name.hasPrefix("encoder.") { names += names.map { "decoder.\($0)" } }
    return names
  }
}
