// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

@Suite struct `A packed network` {
  /// A form of a network and the extents of an image for it.
  struct Form: Sendable, CustomTestStringConvertible {
    var isResidual = false
    var channels = 1
    var classes = 2
    var features: [Int]
    var kernels: [[Int]]
    var strides: [[Int]]
    var convs = [2, 2, 2]
    var decoderConvs = [2, 2]
    var bias = true
    var extents: [Int]

    var testDescription: String {
      "\(isResidual ? "residual" : "plain"), \(features) channels, image \(extents)"
    }

    /// Every parameter is random: initial shifts of 0 and scales of 1 would hide mistakes.
    func network() throws -> any SegmentationNetwork {
      let architecture = try UNetArchitecture(
        NetworkArchitecture(
          family: isResidual ? .residualEncoderUNet : .plainConvUNet,
          featuresPerStage: features, kernelSizes: kernels, strides: strides, nConvPerStage: convs,
          nConvPerStageDecoder: decoderConvs, convBias: bias), inputChannels: channels,
        classes: classes)
      var random = SplitMix64(seed: 5)
      let network = try UNet(architecture, using: &random)
      try withoutGradients {
        for (i, parameter) in network.parameters.enumerated() where parameter.tensor.rank == 1 {
          let isScale = parameter.name.hasSuffix("norm.weight")
          try parameter.tensor.copy(
            from:
              Tensor.normal(
                parameter.tensor.shape, mean: isScale ? 1 : 0, deviation: 0.5, seed: UInt64(i)))
        }
      }
      return network
    }

    func image(_ count: Int = 1) throws -> Tensor {
      try Tensor.normal([count, channels] + extents, seed: 9)
    }
  }

  static let three = [[3, 3], [3, 3], [3, 3]]
  static let deep = [[1, 3, 3], [3, 3, 3], [3, 3, 3]]
  static let forms = [
    Form(
      features: [32, 64, 96], kernels: three, strides: [[1, 1], [2, 2], [2, 2]],
      extents: [36, 20]),
    // Odd numbers of channels, an axis that only some stages divide, many classes, no bias.
    Form(
      channels: 3, classes: 11, features: [5, 18, 33], kernels: three,
      strides: [[1, 1], [2, 1], [2, 3]], convs: [1, 3, 2], decoderConvs: [1, 3], bias: false,
      extents: [12, 45]),
    Form(
      features: [16, 24, 40], kernels: deep, strides: [[1, 1, 1], [1, 2, 2], [2, 2, 2]],
      extents: [6, 12, 20]),
    Form(
      isResidual: true, features: [32, 32, 64], kernels: three,
      strides: [[1, 1], [2, 2], [2, 2]], convs: [1, 2, 2], decoderConvs: [1, 1],
      extents: [28, 44]),
    Form(
      isResidual: true, channels: 2, classes: 3, features: [8, 20, 20], kernels: deep,
      strides: [[1, 1, 1], [1, 2, 2], [2, 2, 2]], convs: [1, 2, 1], decoderConvs: [1, 1],
      extents: [10, 12, 8]),
    // One voxel remains at the coarsest grid: nothing varies there.
    Form(
      features: [16, 16, 16], kernels: three, strides: [[1, 1], [2, 2], [2, 2]], extents: [4, 4]),
  ]

  static func difference(_ a: Tensor, _ b: Tensor) throws -> Double {
    #expect(a.shape == b.shape)
    return try (a - b).absolute().max().item()
  }

  @Test(arguments: forms)
  func `gives the logits of the network`(form: Form) throws {
    let network = try form.network()
    let packed = try PackedUNet(network, patch: form.extents)
    try withMemoryPool {
      try withInferenceMode {
        let image = try form.image()
        let expected = try network(image)
        let logits = try packed(image)
        #expect(logits.isContiguous())
        #expect(try Self.difference(logits, expected) < 1e-4)
        // The same memory again: nothing of the first image may be left.
        let other = try image.flipped([2])
        #expect(try Self.difference(packed(other), network(other)) < 1e-4)
        // Several images, and extents that it was not packed for.
        let more = try form.image(3)
        #expect(try Self.difference(packed(more), network(more)) < 1e-4)
        let larger = try Tensor.normal([1, form.channels] + form.extents.map { 2 * $0 }, seed: 2)
        #expect(try Self.difference(packed(larger), network(larger)) < 1e-4)
      }
    }
  }

  @Test func `holds three images of the finest grid at a time`() throws {
    let form = Form(
      features: [32, 32, 32], kernels: Self.three, strides: [[1, 1], [2, 2], [2, 2]],
      extents: [192, 192])
    let packed = try PackedUNet(form.network(), patch: form.extents)
    let image = try form.image()
    try withMemoryPool {
      try withInferenceMode { for _ in 0..<3 { _ = try packed(image) } }
      // The skipped one, the one from below and their convolution; smaller ones in the gaps.
      let finest = 32 * 192 * 192 * 4
      #expect(try TorchRuntime.poolPeak() < 4 * finest)
      #expect(try TorchRuntime.poolPeak() > 2 * finest)
    }
  }

  @Test func `does not depend on the number of threads`() throws {
    let form = Self.forms[0]
    let packed = try PackedUNet(form.network(), patch: form.extents)
    let image = try form.image()
    let before = try TorchRuntime.threads()
    defer { try? TorchRuntime.setThreads(before) }
    let results = try [1, 2, 3].map { count in
      try TorchRuntime.setThreads(count)
      return try withInferenceMode { try packed(image).floats() }
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test func `gives no number where the image has none`() throws {
    let form = Self.forms[0]
    let packed = try PackedUNet(form.network(), patch: form.extents)
    try withInferenceMode {
      let image = try form.image()
      try image.narrowed(2, from: 7, length: 1).fillInPlace(.nan)
      #expect(try packed(image).floats().allSatisfy(\.isNaN))
    }
  }

  @Test func `refuses images that do not fit`() throws {
    let form = Self.forms[0]
    let packed = try PackedUNet(form.network(), patch: form.extents)
    #expect(throws: LearningError.self) { try packed(Tensor.normal([1, 1, 35, 20], seed: 1)) }
    #expect(throws: LearningError.self) { try packed(Tensor.normal([1, 2, 36, 20], seed: 1)) }
    #expect(throws: LearningError.self) { try PackedUNet(form.network(), patch: [35, 20]) }
  }

  @Test(
    .enabled("this processor multiplies no bfloat16") {
      try PackedConvolution.isSupported(.bfloat16)
    }, arguments: forms)
  func `in bfloat16 stays within its digits`(form: Form) throws {
    let network = try form.network()
    let packed = try PackedUNet(network, patch: form.extents, dtype: .bfloat16)
    try withInferenceMode {
      let image = try form.image()
      let expected = try network(image)
      let scale = try expected.absolute().max().item()
      // Three significant digits a layer, a dozen layers.
      let difference = try Self.difference(packed(image), expected)
      #expect(difference < 0.1 * scale && difference > 1e-6 * scale)
    }
  }
}

@Suite struct `A pool of memory` {
  @Test func `gives the same memory again and keeps what is alive`() throws {
    let kept = try withMemoryPool {
      let kept = try Tensor.full([1 << 16], 3)
      for i in 0..<20 {
        let one = try Tensor.full([1 << 18], Double(i))
        let two = try one + 1
        #expect(try two.max().item() == Double(i + 1))
        #expect(try one.min().item() == Double(i))
      }
      // A few tensors of 1 MB at a time, not forty.
      #expect(try TorchRuntime.poolPeak() < 8 << 20)
      #expect(try TorchRuntime.poolPeak() > 2 << 20)
      return kept
    }
    #expect(try kept.floats().allSatisfy { $0 == 3 })
  }

  @Test func `is nobody's business outside it`() throws {
    let before = try Tensor.full([1 << 18], 2)
    try withMemoryPool {
      #expect(try before.sum().item() == Double(2 << 18))
      try withMemoryPool { _ = try before * 2 }
    }
    #expect(try (before + 1).max().item() == 3)
  }

  @Test func `serves several threads at once`() async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for k in 0..<4 {
        group.addTask {
          try withMemoryPool {
            try (0..<50).allSatisfy { i in
              let one = try Tensor.full([20_000 + 1000 * i], Double(k))
              let two = try one * 2
              return try two.min().item() == Double(2 * k)
                && two.max().item() == Double(2 * k)
            }
          }
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }
}
