// SPDX-License-Identifier: Apache-2.0
package import Torch

/// Makes the parameters of a network one after the other, with He's initialisation.
///
/// Weights of convolutions are normally distributed with standard deviation sqrt(2 / (1 + slope²) /
/// fanIn), where fanIn = weight.shape[1] · kernel (He 2015; for transposed convolutions these are
/// the outputs, as in PyTorch). Biases are 0, normalisations have weight 1 and bias 0. One
/// generator gives each parameter a seed, so that the values do not depend on the device.
package struct ParameterMaker<Generator: RandomNumberGenerator> {
  /// The generator of the parameters' seeds.
  package var generator: Generator
  /// The slope of the activation for negative values.
  package let slope: Double
  /// The device of the parameters.
  package let device: Device

  /// A maker whose parameters the generator determines.
  package init(generator: Generator, slope: Double, device: Device) {
    self.generator = generator
    self.slope = slope
    self.device = device
  }

  /// A weight of the shape (outputs, inputs, kernel…), or (inputs, outputs, …) if transposed.
  package mutating func weight(_ shape: [Int]) throws -> Tensor {
    let fanIn = shape.dropFirst().reduce(1, *)
    let deviation = (2 / (1 + slope * slope) / Double(fanIn)).squareRoot()
    return try leaf(.normal(shape, deviation: deviation, seed: generator.next()))
  }

  /// A weight of the shape (outputs, inputs, kernel…), uniformly distributed with the same deviation:
  /// within ±sqrt(6 / (1 + slope²) / fanIn).
  package mutating func uniformWeight(_ shape: [Int]) throws -> Tensor {
    let fanIn = shape.dropFirst().reduce(1, *)
    let bound = (6 / (1 + slope * slope) / Double(fanIn)).squareRoot()
    return try leaf(.uniform(shape, low: -bound, high: bound, seed: generator.next()))
  }

  /// One number for each channel.
  package func constant(_ value: Double, _ channels: Int) throws -> Tensor {
    try leaf(.full([channels], value))
  }

  private func leaf(_ values: Tensor) throws -> Tensor {
    let tensor = try values.to(device)
    try tensor.requireGradient()
    return tensor
  }
}
