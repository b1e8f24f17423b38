// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Learning
import Text
import Torch

// A checkpoint is one safetensors file. The weights carry their names, their averages the prefix
// `averaged/`, the moments of AdamW those of `OptimizerStateKind`; `history` has a row for each step.
// The rest is JSON in the metadata.

/// What a checkpoint says about a training beside its tensors.
private struct StageState<Design: StageDesign>: Codable {
  let design: Design
  let options: StageTrainingOptions
  let step: Int
  let parts: [String]
}

private let stateKey = "cac.stage_training"
private let historyName = "history"

/// The name of a tensor that belongs to a parameter.
private func name(_ kind: String, _ parameter: String) -> String { "\(kind)/\(parameter)" }

extension StageTrainer {
  /// Writes everything that the training needs to go on with the same bits, complete or not at all.
  public func write(to url: URL) throws {
    var tensors: [String: Tensor] = [:]
    for (i, parameter) in parameters.enumerated() {
      tensors[parameter.name] = parameter.tensor
      tensors[name("averaged", parameter.name)] = averages[i]
      for (kind, buffers) in optimizer.state {
        if let buffer = buffers[i] { tensors[name(kind.rawValue, parameter.name)] = buffer }
      }
    }
    tensors[historyName] = try Tensor(
      history.steps.flatMap { $0 }, shape: [step, history.names.count])
    let state = StageState(
      design: stage.design, options: options, step: step, parts: history.names)
    try Safetensors(
      tensors: tensors,
      metadata: ["cac.stage": Stage.Design.kind, stateKey: try StageJSON.text(state)]
    ).write(to: url)
  }

  /// Goes on where a checkpoint of the same design and options ended.
  ///
  /// - Throws: `StagesError` with the code `state`, or `TorchError` with the code `file`, before
  ///   anything is changed.
  public func restore(from url: URL) throws {
    let file = try Safetensors(contentsOf: url)
    func refuse(_ detail: String) -> StagesError {
      StagesError(.state, subject: url.path, detail: detail)
    }
    guard let text = file.metadata[stateKey], file.metadata["cac.stage"] == Stage.Design.kind,
      let state: StageState<Stage.Design> = StageJSON.value(text)
    else { throw refuse("is no checkpoint of the training of a \(Stage.Design.kind)") }
    guard state.design == stage.design else {
      throw refuse("belongs to a \(Stage.Design.kind) of another design")
    }
    guard state.options == options else {
      throw refuse("belongs to a training with other options; repeat them or start anew")
    }
    var rest = file.tensors
    /// Takes a tensor out of the file and checks it.
    func taken(_ name: String, _ shape: [Int], _ dtype: DType = .float32) throws -> Tensor {
      guard let tensor = rest.removeValue(forKey: name) else { throw refuse("lacks \(name)") }
      guard tensor.shape == shape, try tensor.dtype == dtype else {
        throw refuse(
          "\(name) is \(crossed(tensor.shape)) \(try tensor.dtype.rawValue); \(crossed(shape)) "
            + "\(dtype.rawValue) was expected")
      }
      guard try tensor.allFinite() else { throw refuse("\(name) is not finite; train again") }
      return tensor
    }
    let shapes = parameters.map(\.tensor.shape)
    let stored = try zip(parameters, shapes).map { try taken($0.name, $1) }
    let averaged = try zip(parameters, shapes).map { try taken(name("averaged", $0.name), $1) }
    var moments: OptimizerState = [:]
    for kind in optimizer.state.keys {
      moments[kind] = try zip(parameters, shapes).map { parameter, shape in
        let name = name(kind.rawValue, parameter.name)
        guard rest[name] != nil else { return nil }
        return try taken(name, kind == .steps ? [] : shape)
      }
    }
    guard (0...options.steps).contains(state.step) else {
      throw refuse("has done \(state.step) steps of \(options.steps)")
    }
    let losses = try taken(historyName, [state.step, state.parts.count], .float64)
      .values(as: Double.self)
    if let extra = rest.keys.min() { throw refuse("\(extra) is not a part of this training") }
    let rows = (0..<state.step).map { i in
      Array(losses[i * state.parts.count..<(i + 1) * state.parts.count])
    }
    guard let history = StageHistory(names: state.parts, steps: rows) else {
      throw refuse("has a history of other parts")
    }
    // The optimiser checks again that each parameter has all of its moments or none.
    try optimizer.restore(moments)
    try withoutGradients {
      for (parameter, value) in zip(parameters, stored) { try parameter.tensor.copy(from: value) }
      for (average, value) in zip(averages, averaged) { try average.copy(from: value) }
    }
    (self.step, self.history) = (state.step, history)
  }
}
