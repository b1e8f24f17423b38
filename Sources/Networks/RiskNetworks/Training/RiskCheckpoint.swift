// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Learning
import Text
import Torch

// A checkpoint is one safetensors file: parameters and running statistics by their names, the moments
// of AdamW with the prefix of their kind, the losses; design, options and step are JSON in the metadata.

/// What a checkpoint says of a training beside its tensors.
private struct RiskState: Codable {
  let design: RiskNetworkDesign
  let options: RiskTrainingOptions
  let step: Int
  /// What the training was of, such as a digest of the subjects.
  let subjects: String
}

private let stateKey = "cac.risk_training"
private let lossesName = "losses"

extension RiskTrainer {
  /// Writes everything that the training needs to go on with the same bits, complete or not at all.
  ///
  /// - Parameters:
  ///   - url: the file.
  ///   - subjects: what the training is of, such as a digest of the subjects.
  public func write(to url: URL, subjects: String) throws {
    var tensors: [String: Tensor] = [:]
    for (name, tensor) in network.statistics { tensors[name] = tensor }
    for (i, parameter) in network.parameters.enumerated() {
      tensors[parameter.name] = parameter.tensor
      for (kind, buffers) in optimizer.state {
        if let buffer = buffers[i] { tensors["\(kind.rawValue)/\(parameter.name)"] = buffer }
      }
    }
    tensors[lossesName] = try Tensor(losses)
    let state = RiskState(
      design: network.design, options: options, step: step, subjects: subjects)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(state), as: UTF8.self)
    try Safetensors(tensors: tensors, metadata: [stateKey: text]).write(to: url)
  }

  /// Goes on where a checkpoint of the same design, options and subjects ended.
  ///
  /// - Throws: `RiskNetworkError` with the code `state`, or `TorchError` with the code `file`, before
  ///   anything is changed.
  public func restore(from url: URL, subjects: String) throws {
    let file = try Safetensors(contentsOf: url)
    func refuse(_ detail: String) -> RiskNetworkError {
      RiskNetworkError(.state, subject: url.path, detail: detail)
    }
    guard let text = file.metadata[stateKey],
      let state = try? JSONDecoder().decode(RiskState.self, from: Data(text.utf8))
    else { throw refuse("is no checkpoint of a network of risk") }
    guard state.design == network.design, state.options == options, state.subjects == subjects,
      (0...steps).contains(state.step)
    else { throw refuse("belongs to another training; remove it to start anew") }
    func stored(_ name: String, _ shape: [Int], _ dtype: DType = .float32) throws -> Tensor {
      guard let tensor = file.tensors[name] else { throw refuse("lacks \(name)") }
      guard tensor.shape == shape, try tensor.dtype == dtype, try tensor.allFinite() else {
        throw refuse("\(name) is not the \(crossed(shape)) finite values that were expected")
      }
      return tensor
    }
    let own = network.parameters + network.statistics
    let values = try own.map { try stored($0.name, $0.tensor.shape) }
    var moments: OptimizerState = [:]
    for kind in optimizer.state.keys {
      moments[kind] = try network.parameters.map { parameter in
        let name = "\(kind.rawValue)/\(parameter.name)"
        guard file.tensors[name] != nil else { return nil }
        return try stored(name, kind == .steps ? [] : parameter.tensor.shape)
      }
    }
    let losses = try stored(lossesName, [state.step], .float64).values(as: Double.self)
    // The optimiser checks again that each parameter has all of its moments or none.
    try optimizer.restore(moments)
    try withoutGradients {
      for (parameter, value) in zip(own, values) { try parameter.tensor.copy(from: value) }
    }
    (step, self.losses) = (state.step, losses)
  }
}
