// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Learning
import Text
public import Torch

/// The weights of a trained stage and its design: all that inference needs.
///
/// In a file they are safetensors, with the kind of stage and the design as metadata. Half precision
/// halves the file; it changes the outputs in the third digit.
public struct StageWeights<Design: StageDesign> {
  /// What the network sees and says.
  public let design: Design
  /// The parameters by name.
  public let tensors: [String: Tensor]
  /// What errors call the weights.
  private let subject: String

  /// The weights of a network.
  public init(_ design: Design, _ parameters: [NamedParameter]) throws {
    self.design = design
    tensors = Dictionary(
      parameters.map { ($0.name, $0.tensor) }, uniquingKeysWith: { first, _ in first })
    subject = "weights of the \(Design.kind)"
  }

  /// Reads a file.
  ///
  /// - Throws: `StagesError` with the code `file` where it holds something else, `TorchError` with the
  ///   code `file` where it is broken.
  public init(contentsOf url: URL) throws {
    let file = try Safetensors(contentsOf: url)
    func refuse(_ detail: String) -> StagesError {
      StagesError(.file, subject: url.path, detail: detail)
    }
    guard let kind = file.metadata["cac.stage"], let text = file.metadata["cac.design"] else {
      throw refuse("does not hold the weights of a stage")
    }
    guard kind == Design.kind else {
      throw refuse("holds the weights of a \(kind.shown()); a \(Design.kind) was expected")
    }
    guard let design: Design = StageJSON.value(text) else {
      throw refuse("its design cannot be read; another version of the program may have written it")
    }
    do {
      try design.check()
    } catch let error as StagesError {
      throw refuse("its design is impossible: \(error)")
    }
    self.design = design
    tensors = file.tensors
    subject = url.path
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      let dtype = try tensor.dtype
      guard dtype == .float32 || dtype == .float16 else {
        throw refuse("\(name) is \(dtype.rawValue); float32 or float16 was expected")
      }
      guard try tensor.allFinite() else { throw refuse("\(name) is not finite") }
    }
  }

  /// Writes a file, complete or not at all.
  ///
  /// - Parameters:
  ///   - url: the file.
  ///   - dtype: float32 or float16.
  /// - Throws: `StagesError` with the code `file` where a weight is not finite in this type.
  public func write(to url: URL, as dtype: DType = .float32) throws {
    guard dtype == .float32 || dtype == .float16 else {
      throw StagesError(
        .file, subject: url.path, detail: "weights are float32 or float16, not \(dtype.rawValue)")
    }
    let stored = try tensors.mapValues { try $0.detached().to(dtype) }
    for (name, tensor) in stored.sorted(by: { $0.key < $1.key })
    where try !tensor.allFinite() {
      throw StagesError(
        .file, subject: url.path, detail: "\(name) is not finite as \(dtype.rawValue)")
    }
    try Safetensors(
      tensors: stored,
      metadata: ["cac.stage": Design.kind, "cac.design": try StageJSON.text(design)]
    ).write(to: url)
  }

  /// Copies the weights into a network of the design, after all names and shapes were compared.
  ///
  /// - Throws: `StagesError` with the code `file`, before anything is changed.
  func load(into parameters: [NamedParameter]) throws {
    func refuse(_ detail: String) -> StagesError {
      StagesError(.file, subject: subject, detail: detail)
    }
    var rest = Set(tensors.keys)
    let values = try parameters.map { name, tensor in
      guard let value = tensors[name] else { throw refuse("\(name) is missing") }
      guard value.shape == tensor.shape else {
        throw refuse(
          "\(name) is of shape \(crossed(value.shape)); \(crossed(tensor.shape)) was expected")
      }
      rest.remove(name)
      return value
    }
    if let extra = rest.min() { throw refuse("\(extra) is not a parameter of this network") }
    try withoutGradients {
      for (parameter, value) in zip(parameters, values) { try parameter.tensor.copy(from: value) }
    }
  }
}
