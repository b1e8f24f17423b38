// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

@Suite struct `The parameters of a U-Net` {
  static func small(classes: Int = 2) throws -> UNet {
    var generator = SplitMix64(seed: 3)
    return try UNet(
      UNetArchitecture(
        NetworkArchitecture(
          featuresPerStage: [2, 4], kernelSizes: [[3, 3], [3, 3]], strides: [[1, 1], [2, 2]]),
        inputChannels: 1, classes: classes), using: &generator)
  }

  /// A network of the size that nnU-Net plans, with what dynamic_network_architectures counts in it.
  struct Planned: Sendable, CustomTestStringConvertible {
    var dimensions: Int
    var stages: Int
    var classes = 2
    /// The most features of a stage.
    var cap: Int
    /// How many tensors it learns.
    var tensors: Int
    /// How many names its state has, several for a tensor that modules share.
    var names: Int
    /// How many numbers it learns.
    var numbers: Int

    var testDescription: String { "\(stages) stages in \(dimensions)D" }

    var features: [Int] { (0..<stages).map { min(cap, 32 << $0) } }
  }

  /// The plain network; in 3D that of 28 × 256 × 256 patches at 2.5 × 0.35 × 0.35 mm.
  private func plain(dimensions: Int, classes: Int, features: [Int]) throws -> UNet {
    let flat = [Int](repeating: 2, count: dimensions)
    var strides = [[Int]](repeating: flat, count: features.count)
    var kernels = [[Int]](repeating: flat.map { _ in 3 }, count: features.count)
    strides[0] = flat.map { _ in 1 }
    if dimensions == 3 {
      for s in 0..<2 { kernels[s][0] = 1 }
      for s in [1, 2, 5, 6] { strides[s][0] = 1 }
    }
    var generator = SplitMix64(seed: 3)
    return try UNet(
      UNetArchitecture(
        NetworkArchitecture(featuresPerStage: features, kernelSizes: kernels, strides: strides),
        inputChannels: 1, classes: classes), using: &generator)
  }

  private func expectNames(of network: any SegmentationNetwork, as planned: Planned) {
    let list = network.parameters
    #expect(list.count == planned.tensors)
    let all = Set(list.flatMap { ParameterName.aliases($0.name) })
    #expect(all.count == planned.names)
    #expect(Set(all.map(ParameterName.canonical)) == Set(list.map(\.name)))
    #expect(network.parameterCount == planned.numbers)
  }

  @Test(arguments: [
    Planned(
      dimensions: 2, stages: 8, cap: 512, tensors: 148, names: 396, numbers: 46_324_558),
    Planned(
      dimensions: 3, stages: 7, cap: 320, tensors: 128, names: 344, numbers: 44_577_356),
  ])
  func `have the original's names and numbers`(planned: Planned) throws {
    let network = try plain(
      dimensions: planned.dimensions, classes: planned.classes, features: planned.features)
    expectNames(of: network, as: planned)
  }

  @Test func `have the original's order and shapes`() throws {
    let list = try plain(dimensions: 2, classes: 3, features: [32, 64, 128, 256, 512]).parameters
    try #require(list.count == 88)
    #expect(Set(list.flatMap { ParameterName.aliases($0.name) }).count == 240)
    #expect(list[0].name == "encoder.stages.0.0.convs.0.conv.weight")
    #expect(list[4].tensor.shape == [32, 32, 3, 3])
    #expect(list[40].name == "decoder.stages.0.convs.0.conv.weight")
    #expect(list[40].tensor.shape == [256, 512, 3, 3])
    #expect(list[72].name == "decoder.transpconvs.0.weight")
    #expect(list[72].tensor.shape == [512, 256, 2, 2])
    #expect(list[80].name == "decoder.seg_layers.0.weight")
    #expect(list[87].name == "decoder.seg_layers.3.bias")
    #expect(list[86].tensor.shape == [3, 32, 1, 1])
  }

  @Test(arguments: [
    Planned(
      dimensions: 2, stages: 8, cap: 512, tensors: 376, names: 1364, numbers: 140_017_038),
    Planned(
      dimensions: 3, stages: 6, cap: 320, tensors: 264, names: 956, numbers: 102_349_770),
  ])
  func `of residual encoders have the original's names and numbers`(planned: Planned) throws {
    let axes = [Int](repeating: 1, count: planned.dimensions)
    let strides = (0..<planned.stages).map { s in axes.map { _ in s == 0 ? 1 : 2 } }
    var generator = SplitMix64(seed: 3)
    let network = try UNet(
      UNetArchitecture(
        NetworkArchitecture(
          family: .residualEncoderUNet,
          featuresPerStage: planned.features, kernelSizes: strides.map { $0.map { _ in 3 } },
          strides: strides,
          nConvPerStage: Array([1, 3, 4, 6, 6, 6, 6, 6].prefix(planned.stages)),
          nConvPerStageDecoder: Array(repeating: 1, count: planned.stages - 1)),
        inputChannels: 1, classes: planned.classes), using: &generator)
    expectNames(of: network, as: planned)
    let list = network.parameters
    #expect(list[0].name == "encoder.stem.convs.0.conv.weight")
    let all = Set(list.flatMap { ParameterName.aliases($0.name) })
    #expect(all.contains("decoder.encoder.stages.1.blocks.0.skip.1.all_modules.1.bias"))
  }

  @Test func `begin with He's values, the same for the same seed`() throws {
    func made(_ seed: UInt64) throws -> UNet {
      var generator = SplitMix64(seed: seed)
      return try UNet(
        UNetArchitecture(
          NetworkArchitecture(
            featuresPerStage: [32, 64], kernelSizes: [[3, 3], [3, 3]], strides: [[1, 1], [2, 2]]),
          inputChannels: 1, classes: 2), using: &generator)
    }
    let network = try made(1)
    let again = try made(1)
    let other = try made(2)
    #expect(other.parameters.count == network.parameters.count)
    for ((a, b), c) in zip(try pairs(network.parameters, again.parameters), other.parameters) {
      #expect(try a.tensor.floats() == b.tensor.floats())
      #expect(a.tensor.requiresGradient)
      let values = try a.tensor.floats()
      if a.tensor.rank == 1 {
        #expect(values.allSatisfy { $0 == (a.name.hasSuffix("norm.weight") ? 1 : 0) })
        continue
      }
      #expect(try values != c.tensor.floats())
      let fanIn = a.tensor.shape.dropFirst().reduce(1, *)
      let expected = (2 / 1.0001 / Double(fanIn)).squareRoot()
      let deviation = try a.tensor.standardDeviation().item()
      // The standard error of a deviation from n values is about 1 / sqrt(2n).
      #expect(abs(deviation / expected - 1) < 4 / (2 * Double(values.count)).squareRoot())
    }
  }

  @Test func `survive a file`() throws {
    let folder = try TemporaryFolder()
    let network = try Self.small()
    try Safetensors(tensors: network.state, metadata: ["epoch": "7"])
      .write(to: folder.file("a/network.safetensors"))
    let file = try Safetensors(contentsOf: folder.file("a/network.safetensors"))
    #expect(file.metadata == ["epoch": "7"])
    let other = try Self.small()
    try withoutGradients { for p in other.tensors { try p.fillInPlace(0) } }
    try other.load(file.tensors)
    let image = try cosineImage([1, 1, 4, 4])
    #expect(try other(image).floats() == network(image).floats())
    #expect(try nonEmpty(other.tensors).allSatisfy { $0.requiresGradient })
  }

  @Test func `are found under any of PyTorch's names`() throws {
    let network = try Self.small()
    var stored: [String: Tensor] = [:]
    for (name, tensor) in network.parameters {
      let alias = try #require(ParameterName.aliases(name).last)
      stored["module.\(alias)"] = try tensor.detached() + 1
    }
    let before = try network.tensors.map { try $0.floats() }
    try network.load(stored)
    for (tensor, old) in try pairs(network.tensors, before) {
      #expect(try tensor.floats() == old.map { $0 + 1 })
    }
  }

  @Test func `are refused whole if one is missing, misshapen or unknown`() throws {
    let network = try Self.small()
    let before = try network.tensors.map { try $0.floats() }
    let full = try network.state.mapValues { try $0.detached() * 2 }
    func message(_ change: (inout [String: Tensor]) throws -> Void) throws -> String {
      var stored = full
      try change(&stored)
      return try #require(throws: LearningError.self) { try network.load(stored) }.description
    }
    let name = "decoder.seg_layers.0.weight"
    #expect(try message { $0[name] = nil }.contains("\(name): the stored state lacks"))
    #expect(try message { $0[name] = try .zeros([3, 2, 1, 1]) }.contains("3 × 2 × 1 × 1"))
    #expect(try message { $0["encoder.stem.x"] = try .zeros([1]) }.hasPrefix("encoder.stem.x"))
    #expect(try message { $0[name] = try .zeros([2, 2, 1, 1], dtype: .int64) }.contains("int64"))
    for (tensor, old) in try pairs(network.tensors, before) {
      #expect(try tensor.floats() == old)
    }
  }

  @Test func `of another network's trunk can be taken without its heads`() throws {
    let source = try Self.small(classes: 5)
    let network = try Self.small(classes: 2)
    try withoutGradients { for p in source.tensors { try p.addInPlace(1) } }
    try network.load(
      source.state.filter { !$0.key.contains(".seg_layers.") }, partial: true)
    for (a, b) in try pairs(network.parameters, source.parameters)
    where !a.name.contains("seg_layers") {
      #expect(try a.tensor.floats() == b.tensor.floats())
    }
  }
}

@Suite struct `A network's limits` {
  @Test func `an image whose extents the strides do not divide is named`() throws {
    let network = try `The parameters of a U-Net`.small()
    for shape in [[1, 1, 5, 4], [1, 2, 4, 4], [1, 1, 4], [1, 1, 4, 4, 4], [1, 1, 0, 4]] {
      let error = try #require(throws: LearningError.self) { try network(.zeros(shape)) }
      #expect(
        error.code == .input
          && error.description.contains(shape.map { "\($0)" }.joined(separator: " × ")))
    }
  }

  @Test func `one voxel at the coarsest stage is a constant there, not a NaN`() throws {
    let network = try `The parameters of a U-Net`.small()
    let output = try network(cosineImage([1, 1, 2, 2]))
    #expect(try output.allFinite())
  }

  /// Drafts with the subject and the detail of the error that names their fault.
  static let contradictions: [(subject: String, detail: String, draft: Draft)] = [
    ("plan", "strides should have 2 or 3 axes", Draft(kernels: [[3], [3]], strides: [[1], [2]])),
    ("inputChannels", "cannot be 0", Draft(inputChannels: 0)),
    ("classes", "cannot be -1", Draft(classes: -1)),
    ("plan", "n_stages is 0; 1 to 20 were expected", Draft(features: [])),
    ("plan", "kernel_sizes has 2 entries for 1 stage", Draft(features: [8])),
    (
      "plan", "features and numbers of convolutions should be from 1 to 65536",
      Draft(features: [8, .max])
    ),
    ("plan", "strides has 1 entry for 2 stages", Draft(strides: [[1, 1]])),
    (
      "plan", "strides should hold 2 numbers from 1 to 64 for each stage",
      Draft(strides: [[1, 1], [0, 2]])
    ),
    ("plan", "a stride is larger than 8", Draft(strides: [[1, 1], [9, 2]])),
    ("strides", "must begin with ones, not 2 × 2, 2 × 2", Draft(strides: [[2, 2], [2, 2]])),
    (
      "plan", "kernel_sizes should hold 2 numbers from 1 to 64 for each stage",
      Draft(kernels: [[3, 3], [3]])
    ),
    ("plan", "kernel sizes should be odd", Draft(kernels: [[2, 3], [3, 3]])),
    ("plan", "n_conv_per_stage has 1 entry for 2 stages", Draft(convs: [2])),
    ("nConvPerStage", "cannot be 2, 65", Draft(convs: [2, 65])),
    ("plan", "features and numbers of convolutions should be from 1 to 65536", Draft(decoder: [0])),
    ("plan", "n_conv_per_stage_decoder has 0 entries for 1 decoder stage", Draft(decoder: [])),
    ("plan", "eps of the norm should be positive", Draft(epsilon: 0)),
    ("plan", "eps of the norm should be positive", Draft(epsilon: .nan)),
    ("plan", "eps of the norm should be positive", Draft(epsilon: .infinity)),
    (
      "featuresPerStage",
      "of one stage have no output: nnU-Net plans such a network for images without an edge of 8 "
        + "voxels, and its own cannot be run either; plan with larger images or a finer spacing",
      Draft(features: [8], kernels: [[3, 3]], strides: [[1, 1]], convs: [2], decoder: [])
    ),
    (
      "featuresPerStage", "2 to 16 stages are supported, not 17",
      Draft(
        features: Array(repeating: 8, count: 17), kernels: Array(repeating: [3, 3], count: 17),
        strides: Array(repeating: [1, 1], count: 17), convs: Array(repeating: 2, count: 17),
        decoder: Array(repeating: 2, count: 16))
    ),
  ]

  @Test(arguments: contradictions)
  func `a plan that contradicts itself is named by its field`(
    subject: String, detail: String, draft: Draft
  ) throws {
    let error = try #require(throws: LearningError.self) { _ = try draft.made() }
    #expect(error == LearningError(.architecture, subject: subject, detail: detail))
  }

  struct Draft: Sendable {
    var inputChannels = 1
    var classes = 2
    var features = [8, 16]
    var kernels = [[3, 3], [3, 3]]
    var strides = [[1, 1], [2, 2]]
    var convs = [2, 2]
    var decoder = [2]
    var epsilon = 1e-5

    func made() throws -> UNetArchitecture {
      try UNetArchitecture(
        NetworkArchitecture(
          featuresPerStage: features, kernelSizes: kernels, strides: strides, nConvPerStage: convs,
          nConvPerStageDecoder: decoder, normEps: epsilon), inputChannels: inputChannels,
        classes: classes)
    }
  }

  @Test func `channels last changes the memory, not the logits`() throws {
    let network = try `The parameters of a U-Net`.small()
    let image = try cosineImage([2, 1, 8, 8])
    let plain = try network(image).floats()
    let other = try network(image.contiguous(.channelsLast)).floats()
    for (a, b) in try pairs(plain, other) { #expect(abs(a - b) < 1e-5) }
  }
}
