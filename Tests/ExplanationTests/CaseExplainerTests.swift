// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet
import Testing
import Torch
import Volume

@testable import Explanation

@Suite struct `The explanation of a case` {
  static let configuration = Configuration(
    dataIdentifier: "nnUNetPlans_2d", batchSize: 1, patchSize: [16, 16],
    medianImageSize: [24, 24], spacing: [1, 1], normalizationSchemes: [.ct],
    useMaskForNorm: [false],
    architecture: NetworkArchitecture(
      featuresPerStage: [4, 8], kernelSizes: [[3, 3], [3, 3]], strides: [[1, 1], [2, 2]],
      nConvPerStage: [1, 1], nConvPerStageDecoder: [1]),
    batchDice: true)

  static let shape = [2, 24, 20]
  /// A bright square of label 1 in slice 1.
  static let labels: [Int16] = (0..<2 * 24 * 20).map { i in
    let (x, y, z) = (i % 20, i / 20 % 24, i / 480)
    return z == 1 && (6..<10).contains(y) && (8..<12).contains(x) ? 1 : 0
  }

  static func preprocessed() -> PreprocessedCase {
    let geometry = Geometry(
      extent: Extent(slices: 2, rows: 24, columns: 20), spacing: [1, 1, 3], origin: [0, 0, 0],
      direction: .identity)
    return PreprocessedCase(
      name: "square", channels: 1, shape: shape,
      data: labels.enumerated().map { Float($1) * 3 + Float($0 * 7919 % 100) / 100 },
      labels: labels,
      properties: CaseProperties(
        geometry: geometry, spacing: [3, 1, 1], shapeBeforeCropping: shape,
        boundingBox: shape.map { [0, $0] }, shapeAfterCropping: shape))
  }

  static func network(seed: UInt64 = 1) throws -> UNet {
    var generator = SplitMix(state: seed)
    return try UNet(
      UNetArchitecture(configuration.architecture, inputChannels: 1, classes: 2), using: &generator)
  }

  /// A generator for weights.
  struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state ^ state >> 33
    }
  }

  /// The mean log odds of the target in a whole prediction by windows.
  static func number(_ network: UNet, _ one: PreprocessedCase) throws -> Double {
    let predictor = try Predictor(
      networks: [network], configuration: configuration,
      options: {
        var options = PredictionOptions()
        options.mirroring = false
        return options
      }(), device: .cpu)
    let logits = try predictor.logits(of: one)
    let n = shape.reduce(1, *)
    let inside = labels.indices.filter { labels[$0] == 1 }
    let odds = inside.map { Double(logits[n + $0]) - Double(logits[$0]) }
    return odds.reduce(0, +) / Double(inside.count)
  }

  @Test func `shares the number out over windows as the prediction does`() throws {
    let scheme = try LabelScheme(foreground: ["calcium"])
    let target = try CaseTarget(Self.labels, scheme: scheme, named: "total")
    let tiles = CaseTiles(
      SlidingWindow(patchSize: [16, 16]), of: Self.shape, target: target, classes: 2)
    let network = try Self.network()
    var sum = 0.0
    for tile in tiles.tiles {
      sum += try NetworkExplainer(network).value(
        of: tiles.image(tile, of: Self.preprocessed()), weights: tiles.weights(tile))
    }
    let expected = try Self.number(network, Self.preprocessed())
    // The prediction is summed in float16.
    #expect(abs(sum - expected) < 0.01 * max(1, abs(expected)))
    // Only slice 1 holds a part of the target.
    #expect(tiles.tiles.allSatisfy { $0.start[0] == 1 } && tiles.tiles.count > 1)
  }

  @Test func `covers the target in three dimensions, also where a window is larger than the case`()
    throws
  {
    var configuration = Self.configuration
    configuration.patchSize = [4, 16, 16]
    configuration.spacing = [3, 1, 1]
    let architecture = try UNetArchitecture(
      NetworkArchitecture(
        featuresPerStage: [4, 8], kernelSizes: [[1, 3, 3], [3, 3, 3]],
        strides: [[1, 1, 1], [1, 2, 2]], nConvPerStage: [1, 1], nConvPerStageDecoder: [1]),
      inputChannels: 1, classes: 2)
    var generator = SplitMix(state: 5)
    let network = try UNet(architecture, using: &generator)
    let target = try CaseTarget(
      Self.labels, scheme: LabelScheme(foreground: ["calcium"]), named: "total")
    let tiles = CaseTiles(
      SlidingWindow(patchSize: [4, 16, 16]), of: Self.shape, target: target, classes: 2)
    // Two slices in windows of four: each begins one slice before the case.
    #expect(tiles.tiles.allSatisfy { $0.start[0] == -1 })
    // Each voxel of the target has weight 1 / n in all, with both signs.
    let share = tiles.tiles.reduce(0) { $0 + $1.share }
    #expect(abs(share - 2) < 1e-4)
    let explainer = try CaseExplainer(
      networks: [network], configuration: configuration, step: 0.5, device: .cpu,
      of: Self.preprocessed(), target: target)
    for method in MapMethod.allCases {
      let stages = ["decoder.stages.0", "encoder.stages.1"]
      let maps = try explainer.maps(.init(method, stages: stages, points: 2))
      #expect(maps.count == (method.isOfStages ? 2 : 1))
      for map in maps.values {
        #expect(map.count == Self.labels.count && map.allSatisfy(\.isFinite))
      }
    }
  }

  @Test func `by integrated gradients adds up over the whole prediction`() throws {
    let scheme = try LabelScheme(foreground: ["calcium"])
    let one = Self.preprocessed()
    let network = try Self.network()
    let explainer = try CaseExplainer(
      networks: [network], configuration: Self.configuration, step: 0.5, device: .cpu, of: one,
      target: CaseTarget(Self.labels, scheme: scheme, named: "total"))
    let map = try #require(explainer.maps(.init(.integratedGradients, points: 200))[""])
    let difference =
      try Self.number(network, one)
      - Self.number(network, one.blurred(by: [0, 4, 4]))
    let sum = map.reduce(0.0) { $0 + Double($1) }
    // Near the blurred scan the normalisations change fast, so that the integral converges slowly.
    #expect(abs(sum - difference) < 0.1 * abs(difference) + 0.005, "\(sum) \(difference)")
    // Windows of the other slice have no part in it.
    #expect(map[..<480].allSatisfy { $0 == 0 })
  }

  @Test func `checks every method, and a constant map is like no other`() throws {
    let scheme = try LabelScheme(foreground: ["calcium"])
    let explainer = try CaseExplainer(
      networks: [Self.network()], configuration: Self.configuration, step: 0.5, device: .cpu,
      of: Self.preprocessed(),
      target: CaseTarget(Self.labels, scheme: scheme, named: "total"))
    for method in MapMethod.allCases {
      let check = try #require(
        try explainer.check(.init(method, stages: ["decoder.stages.0"], points: 2)))
      #expect(check.randomised.map(\.part) == ["head", "decoder", "all"])
      #expect(check.randomised.allSatisfy { (-1...1).contains($0.similarity) })
      #expect(check.deletion.isFinite && check.insertion.isFinite)
    }
    #expect(try MapCheck.similarity([1, 2, 3], [1, 1, 1]) == 0)
    #expect(try MapCheck.similarity([1, 2, 3], [2, 4, 9]) > 0.999)
  }

  @Test func `says that a map which forgets nothing fails`() {
    func check(_ similarity: Double) -> MapCheck {
      MapCheck(
        randomised: [.init(part: "all", similarity: similarity)], deletion: 0, insertion: 1)
    }
    #expect(!check(0.9).isSane)
    #expect(!check(-0.7).isSane)
    #expect(check(0.2).isSane)
  }

  @Test func `needs a voxel of the target`() throws {
    let scheme = try LabelScheme(foreground: ["calcium"])
    #expect(throws: ExplanationError.self) {
      _ = try CaseTarget([0, -1, 7], scheme: scheme, named: "total")
    }
  }

  @Test func `blurs as a Gaussian does`() {
    var one = Self.preprocessed()
    one.data = one.data.map { _ in 0 }
    one.data[12 * 20 + 10] = 1
    let blurred = one.blurred(by: [0, 2, 2])
    #expect(abs(blurred.data.reduce(0, +) - 1) < 1e-4)
    var variance: Float = 0
    for (i, value) in blurred.data.enumerated() {
      let distance = Float(i / 20 % 24 - 12)
      variance += value * distance * distance
    }
    #expect(abs(variance - 4) < 1)
    #expect(blurred.data[480...].allSatisfy { $0 == 0 })
  }
}
