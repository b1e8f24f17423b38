// SPDX-License-Identifier: Apache-2.0
import Stages
import TestSupport
import Torch

/// A small localiser and crops with a bright cube in noise, whose place it should learn.
enum Toy {
  static let design = LocaliserDesign(
    features: [4, 8], classes: ["background", "cube"], heatMaps: ["centre"])
  static let extent = [8, 8, 8]

  static func localiser(seed: UInt64 = 1) throws -> Localiser {
    try Localiser(design, seed: seed, on: .cpu)
  }

  /// A crop with a cube of 4 voxels an edge, a function of the number alone.
  static func crop(_ number: Int) -> LocaliserSample {
    var random = SplitMix64(seed: UInt64(number) &* 977 &+ 5)
    let corner = (0..<3).map { _ in Int.random(in: 0...4, using: &random) }
    var sample = LocaliserSample(extent: extent, hu: [], classes: [], heatMaps: [])
    for z in 0..<8 {
      for y in 0..<8 {
        for x in 0..<8 {
          let offsets = zip([z, y, x], corner).map { $0 - $1 }
          let isInside = offsets.allSatisfy { (0..<4).contains($0) }
          let distance = offsets.reduce(0) { $0 + (Double($1) - 1.5) * (Double($1) - 1.5) }
          sample.hu.append((isInside ? 150 : -50) + Float.random(in: -30...30, using: &random))
          sample.classes.append(isInside ? 1 : 0)
          sample.heatMaps.append(Float(max(0, 1 - distance / 9)))
        }
      }
    }
    return sample
  }

  /// A training of the small localiser on such crops.
  static func trainer(steps: Int, seed: UInt64 = 1, width: Int = 1) throws -> StageTrainer<
    Localiser
  > {
    try StageTrainer(
      localiser(seed: seed), options: .init(steps: steps, rate: 2e-2, averaging: 0.9),
      width: width
    ) { crop($0) }
  }

  /// The bits of parameters.
  static func bits(_ tensors: [String: Tensor]) throws -> [String: [Float]] {
    try tensors.mapValues { try $0.floats() }
  }
}
