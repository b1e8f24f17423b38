// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import Torch

/// Our side of `scripts/gpu-check`: what a device computes, written for PyTorch to be held against.
///
/// For each network the folder gets the weights, a batch, and the logits of the device; a line of JSON has
/// the losses of 20 steps in single precision and in mixed precision, and the seconds of a step and of a
/// pass of the large batch.
struct DeviceCheck {
  let device: Device
  let folder: URL
  let isShort: Bool

  /// One line of the answer.
  private struct Line: Encodable {
    var network: String
    var device: String
    var parameters: Int
    /// Losses before each of 20 steps, 5 in short.
    var losses: [Double]
    var mixedLosses: [Double]
    /// The factor of the loss after them; 0 where nothing was scaled.
    var scale: Double
    /// Of the large batch, the median of the steps.
    var stepSeconds: Double
    var passSeconds: Double
    /// Floating-point operations of its convolutions: a step, a pass.
    var stepOperations: Int
    var passOperations: Int
  }

  func run() throws {
    try device.requireAvailable()
    for checked in try CheckedNetwork.all(isShort: isShort) {
      let (images, labels) = try checked.batch(checked.small)
      let network = try checked.network(on: device)
      try write(
        Dictionary(uniqueKeysWithValues: network.parameters.map { ($0.name, $0.tensor) }),
        "\(checked.name).weights")
      try write(["images": images, "labels": labels], "\(checked.name).batch")
      let logits = try withInferenceMode { try network(try images.to(device)).to(.cpu) }
      try write(["logits": logits], "\(checked.name).logits")
      let (losses, _) = try losses(checked, isMixed: false)
      let (mixed, scale) = try self.losses(checked, isMixed: true)
      let work = NetworkOperations(
        checked.architecture, size: Array(checked.large.dropFirst()))
      let (step, pass) = try times(checked)
      let line = Line(
        network: checked.name, device: device.description, parameters: network.parameterCount,
        losses: losses, mixedLosses: mixed, scale: scale, stepSeconds: step, passSeconds: pass,
        stepOperations: checked.large[0] * work.training,
        passOperations: checked.large[0] * work.forward)
      print(String(decoding: try JSONEncoder().encode(line), as: UTF8.self))
      fflush(nil)
    }
  }

  private func write(_ tensors: [String: Tensor], _ name: String) throws {
    try Safetensors(tensors: tensors.mapValues { try $0.detached().to(.cpu) })
      .write(to: folder.appendingPathComponent("\(name).safetensors"))
  }

  /// The losses of 20 steps on the small batch, 5 in short.
  private func losses(
    _ checked: CheckedNetwork, isMixed: Bool
  ) throws -> (losses: [Double], scale: Double) {
    var training = Training(
      checked, network: try checked.network(on: device), device: device, isMixed: isMixed)
    let batch = try checked.batch(checked.small)
    let (images, labels) = (try batch.images.to(device), try batch.labels.to(device))
    let losses = try (0..<(isShort ? 5 : 20)).map { _ in try training.step(images, labels) }
    return (losses, training.scaler?.scale ?? 0)
  }

  /// The median seconds of a step and of a pass of the large batch, in mixed precision on a card.
  private func times(_ checked: CheckedNetwork) throws -> (step: Double, pass: Double) {
    let network = try checked.network(on: device)
    let isMixed = device != .cpu
    var training = Training(checked, network: network, device: device, isMixed: isMixed)
    let batch = try checked.batch(checked.large)
    let (images, labels) = (try batch.images.to(device), try batch.labels.to(device))
    let count = isShort ? 2 : 12
    let step = try median(count) { _ = try training.step(images, labels) }
    let pass = try median(count) {
      try withInferenceMode {
        let logits = try inPrecision(isMixed, on: device) { try network(images) }
        // Reading a number waits for the card.
        _ = try logits.sum().item()
      }
    }
    return (step, pass)
  }

  /// The median seconds after two runs to warm up.
  private func median(_ count: Int, _ body: () throws -> Void) throws -> Double {
    for _ in 0..<2 { try body() }
    let clock = ContinuousClock()
    let times = try (0..<count).map { _ in
      let begin = clock.now
      try body()
      return begin.duration(to: clock.now) / .seconds(1)
    }
    return times.sorted()[count / 2]
  }
}

/// A body in mixed precision, where that is wanted: float16 on a card as nnU-Net has it, bfloat16 on a
/// processor.
private func inPrecision<Value>(
  _ isMixed: Bool, on device: Device, _ body: () throws -> Value
) throws -> Value {
  guard isMixed else { return try body() }
  return try withAutocast(device == .cpu ? .bfloat16 : .float16, on: device, body)
}

/// Steps as the trainer takes them.
private struct Training {
  let network: UNet
  let loss: DeepSupervision
  let optimizer: SGD
  let device: Device
  let isMixed: Bool
  private(set) var scaler: GradientScaler?

  init(_ checked: CheckedNetwork, network: UNet, device: Device, isMixed: Bool) {
    (self.network, self.device, self.isMixed) = (network, device, isMixed)
    loss = checked.loss
    optimizer = SGD(network.tensors, rate: 0.01)
    if isMixed { scaler = GradientScaler() }
  }

  /// The loss before the step.
  mutating func step(_ images: Tensor, _ labels: Tensor) throws -> Double {
    try optimizer.clearGradients()
    let value = try inPrecision(isMixed, on: device) {
      try loss(network.deepSupervision(images), labels)
    }
    let result = try value.item()
    if var scaler {
      try scaler.scaled(value).backward()
      let isFinite = try scaler.unscale(optimizer.parameters)
      self.scaler = scaler
      guard isFinite else { return result }
    } else {
      try value.backward()
    }
    _ = try optimizer.clipGradients(to: 12)
    try optimizer.step()
    return result
  }
}
