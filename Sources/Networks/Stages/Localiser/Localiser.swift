// SPDX-License-Identifier: Apache-2.0
public import Foundation
public import Learning
import Text
public import Torch

/// Stage A: says where the heart, its arteries and the tissues around them lie in a scan.
///
/// It is a 3-D U-Net (Ronneberger 2015, Çiçek 2016) with instance norm and leaky ReLU. Its output
/// channels are a logit for each class, followed by each heat map as it is, without a sigmoid.
///
/// ```swift
/// let localiser = try Localiser(contentsOf: file, on: .cpu)
/// let maps = try localiser.maps(hu: scan, extent: [40, 64, 64])
/// ```
public final class Localiser {
  /// What the network sees and says.
  public let design: LocaliserDesign
  /// The terms of the loss of training.
  public let objective: LocaliserLoss
  let device: Device
  private let network: UNet

  /// A network with random weights, the same for the same seed on every device.
  ///
  /// - Parameters:
  ///   - design: what the network sees and says.
  ///   - objective: the terms of the loss of training.
  ///   - seed: determines the initial weights.
  ///   - device: where the network is computed.
  /// - Throws: `StagesError` with the code `design` where no such network can be built.
  public init(
    _ design: LocaliserDesign, objective: LocaliserLoss = .init(), seed: UInt64, on device: Device
  ) throws {
    let architecture = try design.architecture
    var generator = KeyedGenerator(seed: seed, purpose: .weights)
    self.design = design
    self.objective = objective
    self.device = device
    network = try UNet(architecture, on: device, using: &generator)
    // Heat maps are near zero almost everywhere: begin there rather than at He's unit variance.
    try withoutGradients {
      try parameters.first { $0.name == headName }?.tensor.multiplyInPlace(0.1)
    }
  }

  /// A trained network.
  ///
  /// - Throws: `StagesError` with the code `file` where weights and design do not fit each other.
  public convenience init(_ weights: StageWeights<LocaliserDesign>, on device: Device) throws {
    try self.init(weights.design, seed: 0, on: device)
    try weights.load(into: parameters)
  }

  /// The trained network of a file that `StageWeights` wrote.
  ///
  /// - Throws: `StagesError` or `TorchError` with the code `file`, which says what is wrong with it.
  public convenience init(contentsOf url: URL, on device: Device) throws {
    try self.init(StageWeights(contentsOf: url), on: device)
  }

  private var headName: String { "decoder.seg_layers.\(design.features.count - 2).weight" }

  /// The parameters in the network's order, without the heads of coarse grids, which nothing uses.
  public var parameters: [NamedParameter] {
    let finest = "decoder.seg_layers.\(design.features.count - 2)."
    return network.parameters.filter {
      !ParameterName.isHead($0.name) || $0.name.hasPrefix(finest)
    }
  }

  /// The maps of a whole scan of any extent.
  ///
  /// The scan is padded with its edge to extents that the network takes, and the maps are cropped.
  ///
  /// - Parameters:
  ///   - hu: the Hounsfield units at the design's spacing, x fastest.
  ///   - extent: the numbers of voxels along z, y and x.
  /// - Throws: `StagesError` with the code `input` where they do not fit each other, and `TorchError`
  ///   with the code `memory` where the scan is too large.
  public func maps(hu: [Float], extent: [Int]) throws -> LocaliserMaps {
    let subject = "scan of \(crossed(extent)) voxels"
    guard extent.count == 3, extent.allSatisfy({ (1...4096).contains($0) }) else {
      throw StagesError(.input, subject: subject, detail: "three extents were expected")
    }
    guard hu.count == extent.reduce(1, *) else {
      throw StagesError(.input, subject: subject, detail: "\(hu.count) values were given")
    }
    guard hu.allSatisfy(\.isFinite) else {
      throw StagesError(.input, subject: subject, detail: "a value is not finite")
    }
    return try withInferenceMode {
      let scan = try Tensor(hu, shape: [1, 1] + extent).to(device)
      // Two voxels an axis remain at the coarsest level, so that its normalisation has a variance.
      let amounts = extent.map { n in
        (
          before: 0,
          after: max(2, (n + design.multiple - 1) / design.multiple) * design.multiple - n
        )
      }
      var output = try outputs(scan.padded(amounts, with: .replicate))
      for (axis, n) in extent.enumerated() {
        output = try output.narrowed(axis + 2, from: 0, length: n)
      }
      let (logits, heatMaps) = try split(output)
      return LocaliserMaps(
        extent: extent, probabilities: try logits.softmax(1).floats(),
        heatMaps: try heatMaps?.floats() ?? [])
    }
  }

  /// The output channels (batch, classes and heat maps, z, y, x) of Hounsfield units (batch, 1, z, y,
  /// x) on the device.
  func outputs(_ hu: Tensor) throws -> Tensor {
    let channels = try design.windows.map { window in
      try hu.clipped(Double(window.low), Double(window.high)) * Double(window.scale)
        + Double(window.shift)
    }
    let image = try Tensor.concatenated(channels, along: 1)
    guard try recordsGradients() else { return try predicted(image) }
    // A training pass on a processor takes a third to a half less time with the channels last.
    return try network(device == .cpu ? image.contiguous(.channelsLast) : image)
  }

  /// The outputs without gradients: on processors by packed weights, which take a half to two thirds
  /// of the time; they differ by rounding alone.
  private func predicted(_ image: Tensor) throws -> Tensor {
    guard try PackedUNet.canPack(network, on: device, dtype: .float32) else {
      return try network(image)
    }
    return try PackedUNet(network, patch: Array(image.shape.dropFirst(2)))(image)
  }

  /// The logits of the classes, and the heat maps where there are any.
  func split(_ output: Tensor) throws -> (logits: Tensor, heatMaps: Tensor?) {
    let (classes, maps) = (design.classes.count, design.heatMaps.count)
    return (
      try output.narrowed(1, from: 0, length: classes),
      maps == 0 ? nil : try output.narrowed(1, from: classes, length: maps)
    )
  }
}
