// SPDX-License-Identifier: Apache-2.0
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

@Suite struct `A prediction's engine` {
  private func network(dimensions: Int = 2) throws -> UNet {
    var random = SplitMix64(seed: 8)
    let ones = [Int](repeating: 1, count: dimensions)
    return try UNet(
      UNetArchitecture(
        NetworkArchitecture(
          featuresPerStage: [8, 16], kernelSizes: [ones.map { _ in 3 }, ones.map { _ in 3 }],
          strides: [ones, ones.map { _ in 2 }]), inputChannels: 1, classes: 2), using: &random)
  }

  private func predictor(
    _ networks: [any SegmentationNetwork], patch: [Int] = [16, 24], mirroring: Bool = false,
    device: Device = .cpu, change: (inout InferenceOptions) -> Void
  ) throws -> Predictor {
    var options = PredictionOptions()
    options.mirroring = mirroring
    change(&options.inference)
    return try Predictor(
      networks: networks, configuration: Toy.configuration(patch: patch), options: options,
      device: device)
  }

  private func image(_ shape: [Int]) throws -> PreprocessedCase {
    let values = try Tensor.normal(shape, seed: 4).floats()
    return try Toy.preprocessed("image", shape: shape, data: values, labels: nil)
  }

  @Test(arguments: [[16, 24], [4, 8, 8]])
  func `makes no difference beyond rounding`(patch: [Int]) throws {
    let networks = [try network(dimensions: patch.count), try network(dimensions: patch.count)]
    let one = try image([6, 20, 30])
    let plain = try predictor(networks, patch: patch, mirroring: true) { $0.engine = .plain }
    let packed = try predictor(networks, patch: patch, mirroring: true) { $0.engine = .packed }
    #expect(!plain.isPacked && packed.isPacked)
    let (a, b) = (try plain.floatLogits(of: one), try packed.floatLogits(of: one))
    // Sums are float16; rounding may fall the other way.
    #expect(try pairs(a, b).allSatisfy { abs($0 - $1) <= 4e-3 * max(1, abs($0)) })
  }

  @Test func `is plain unless asked otherwise, and on request packed where it can be`() throws {
    #expect(try !predictor([network()]) { _ in }.isPacked)
    #expect(try predictor([network()]) { $0.engine = .auto }.isPacked)
    // A patch that the network does not take: the plain engine says so when it runs.
    #expect(try !predictor([network()], patch: [15, 24]) { $0.engine = .auto }.isPacked)
    // A network that nobody knows how to pack.
    #expect(try !predictor([Unknown(network())]) { $0.engine = .auto }.isPacked)
  }

  @Test func `is refused where it cannot do what was asked`() throws {
    let stranger = try Unknown(network())
    #expect(throws: LearningError.self) { try predictor([stranger]) { $0.engine = .packed } }
    #expect(throws: LearningError.self) { try predictor([stranger]) { $0.precision = .bfloat16 } }
    #expect(throws: LearningError.self) {
      try predictor([network()]) { ($0.engine, $0.precision) = (.plain, .bfloat16) }
    }
    #expect(throws: LearningError.self) {
      try predictor([network()]) { $0.precision = .float16 }
    }
    #expect(throws: LearningError.self) {
      try predictor([network()], device: .mps) { $0.engine = .packed }
    }
  }

  @Test(arguments: [[16, 24], [4, 8, 8]])
  func `computes no window that a filter leaves out, and makes it background`(patch: [Int]) throws {
    let labels = try LabelScheme(foreground: ["calcium"])
    let one = try image([6, 20, 30])
    let predictor = try predictor([network(dimensions: patch.count)], patch: patch) { _ in }
    let all = try predictor.floatLogits(of: one)
    let count = predictor.windowCount
    #expect(count.skipped == 0 && count.all > 6)
    // What is needed is a single voxel.
    let location = [2, 9, 11]
    func holds(_ start: [Int], _ size: [Int]) -> Bool {
      (0..<3).allSatisfy { (start[$0]..<start[$0] + size[$0]).contains(location[$0]) }
    }
    let some = try predictor.floatLogits(of: one, filter: WindowFilter(labels, isNeeded: holds))
    #expect(predictor.windowCount.all == 2 * count.all)
    #expect(predictor.windowCount.skipped > 0)
    let voxels = one.data.count
    let here = (location[0] * 20 + location[1]) * 30 + location[2]
    #expect(some[here] == all[here] && some[voxels + here] == all[voxels + here])
    let none = try predictor.floatLogits(of: one, filter: WindowFilter(labels) { _, _ in false })
    #expect(none.count == 2 * voxels)
    #expect(none.prefix(voxels).allSatisfy { $0 > 7 })
    #expect(none.dropFirst(voxels).allSatisfy { $0 < -7 })
  }

  @Test(arguments: [[16, 24], [4, 8, 8]])
  func `mirrors the windows that are chosen by what it gives without`(patch: [Int]) throws {
    let one = try image([6, 20, 30])
    let networks = [try network(dimensions: patch.count), try network(dimensions: patch.count)]
    func predictor(mirroring: Bool = true) throws -> Predictor {
      try self.predictor(networks, patch: patch, mirroring: mirroring) { _ in }
    }
    let all = try predictor().logits(of: one)
    let none = try predictor(mirroring: false).logits(of: one)
    #expect(all != none)
    func predict(_ test: @escaping ([Int], [Int]) -> Bool) throws -> ([Float16], WindowCount) {
      let mirror = try predictor()
      var calls: [Double] = []
      let logits = try mirror.logits(
        of: one,
        mirroring: MirroringChoice { seen in
          #expect(seen == none)
          return test
        }
      ) { calls.append(Double($0) / Double($1)) }
      #expect(try calls == calls.sorted() && nonEmpty(calls).allSatisfy { $0 > 0 && $0 <= 1 })
      return (logits, mirror.windowCount)
    }
    let everywhere = try predict { _, _ in true }
    #expect(everywhere.0 == all && everywhere.1.mirrored == everywhere.1.all)
    let nowhere = try predict { _, _ in false }
    #expect(nowhere.0 == none && nowhere.1.mirrored == 0)
    // What lies in the chosen windows alone is mirrored, what lies in none of them is not.
    let location = [2, 9, 11]
    func holds(_ start: [Int], _ size: [Int]) -> Bool {
      (0..<3).allSatisfy { (start[$0]..<start[$0] + size[$0]).contains(location[$0]) }
    }
    let some = try predict(holds)
    #expect(some.1.mirrored > 0 && some.1.mirrored < some.1.all)
    let (here, there) = ((2 * 20 + 9) * 30 + 11, 5 * 20 * 30)
    for channel in 0..<2 {
      let first = channel * one.data.count
      #expect(some.0[first + here] == all[first + here])
      #expect(some.0[first + there] == none[first + there])
    }
    #expect(some.0 != all && some.0 != none)
  }
}

/// A network of a kind of its own.
private final class Unknown: SegmentationNetwork {
  private let network: UNet
  init(_ network: UNet) { self.network = network }
  var architecture: UNetArchitecture { network.architecture }
  var parameters: [NamedParameter] { network.parameters }
  func logits(_ image: Tensor, all: Bool) throws -> [Tensor] { try network.logits(image, all: all) }
}
