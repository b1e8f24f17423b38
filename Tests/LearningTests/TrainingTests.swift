// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import TestSupport
import Testing
import Torch

/// What `Oracles/fixtures/torch_reference.py` printed.
struct TorchReference: Decodable {
  struct Run: Decodable {
    struct Logits: Decodable {
      let sum: Double
      let absolute: Double
      let first: [Double]
    }
    let losses: [Double]
    let norms: [Double]
    let logits: Logits
    let momenta: Int
  }
  struct Clipping: Decodable {
    let norm: Double
    let grads: [[Double]]
  }
  let flat: Run
  let solid: Run
  let clipping: [String: Clipping]

  static func load() throws -> TorchReference {
    try JSONFile.read(TorchReference.self, from: fixture("learning/torch_reference.json"))
  }
}

@Suite struct `Training, against PyTorch` {
  @Test(arguments: [false, true])
  func `twenty steps from the same parameters give the same losses`(solid: Bool) throws {
    let reference = try TorchReference.load()
    let run = solid ? reference.solid : reference.flat
    let architecture =
      try solid
      ? UNetArchitecture(
        NetworkArchitecture(
          featuresPerStage: [4, 6, 8, 8],
          kernelSizes: [[1, 3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]],
          strides: [[1, 1, 1], [1, 2, 2], [2, 2, 2], [1, 2, 2]]), inputChannels: 1, classes: 3)
      : `A U-Net`.flat()
    let shape = solid ? [2, 1, 4, 16, 16] : [2, 1, 16, 16]
    var generator = SplitMix64(seed: 1)
    let network = try UNet(architecture, using: &generator)
    try fillWithSines(network)
    let image = try cosineImage(shape)
    let labels = try Tensor(
      image.floats().enumerated().map { $1 > 0.5 ? Int64(1 + $0 / 8 % 2) : 0 }, shape: shape)
    let loss = DeepSupervision(
      DiceCrossEntropy(batchDice: !solid), outputs: architecture.outputCount)
    let optimiser = SGD(network.tensors, rate: 0.01)
    let schedule = PolynomialSchedule(epochs: 20)
    var losses: [Double] = []
    for step in 0..<20 {
      optimiser.rate = schedule.rate(epoch: step)
      try optimiser.clearGradients()
      let value = try loss(network.deepSupervision(image), labels)
      try value.backward()
      let norm = try optimiser.clipGradients().item()
      #expect(abs(norm - run.norms[step]) < 2e-4 * run.norms[step], "the norm of step \(step)")
      try optimiser.step()
      losses.append(try value.item())
    }
    for (step, pair) in try pairs(losses, run.losses).enumerated() {
      #expect(abs(pair.0 - pair.1) < 2e-5, "the loss of step \(step)")
    }
    #expect(losses[19] < losses[0] - 0.05)
    #expect(optimiser.momenta.count { $0 != nil } == run.momenta)
    let logits = try withoutGradients { try network(image).floats().map { Double($0) } }
    #expect(abs(logits.reduce(0, +) - run.logits.sum) < 1e-4 * run.logits.absolute)
    for (value, expected) in try pairs(logits.prefix(8), run.logits.first) {
      #expect(abs(value - expected) < 1e-3)
    }
  }

  @Test(arguments: [1.0, 12.0])
  func `gradients are clipped by the norm of all`(limit: Double) throws {
    let expected = try #require(try TorchReference.load().clipping[limit.description])
    let parameters = try [2, 3, 1].map { try Tensor.zeros([$0]) }
    for (t, parameter) in parameters.enumerated() {
      try parameter.requireGradient()
      try parameter.setGradient(
        Tensor((0..<parameter.count).map { Float(sin(Double(3 * t + $0))) }))
    }
    let norm = try SGD(parameters, rate: 0.01).clipGradients(to: limit).item()
    #expect(abs(norm - expected.norm) < 1e-6)
    for (parameter, values) in try pairs(parameters, expected.grads) {
      let gradient = try #require(try parameter.gradient).floats()
      for (value, wanted) in try pairs(gradient, values) {
        #expect(abs(Double(value) - wanted) < 1e-7)
      }
    }
  }
}

@Suite struct `Stochastic gradient descent` {
  @Test(arguments: [true, false])
  func `follows the recurrence worked by hand`(nesterov: Bool) throws {
    let start: [Float] = [1, -2, 0.5]
    let parameter = try Tensor(start)
    try parameter.requireGradient()
    let optimiser = SGD(
      [parameter], rate: 0.1, momentum: 0.9, weightDecay: 0.01, nesterov: nesterov)
    var p = start.map { Double($0) }
    var m = [0.0, 0.0, 0.0]
    for step in 1...5 {
      // The gradient of Σ step · x² is 2 · step · x.
      try optimiser.clearGradients()
      try (parameter.power(2).sum() * Double(step)).backward()
      try optimiser.step()
      for i in p.indices {
        let g = 2 * Double(step) * p[i] + 0.01 * p[i]
        m[i] = 0.9 * m[i] + g
        p[i] -= 0.1 * (nesterov ? g + 0.9 * m[i] : m[i])
      }
    }
    for (value, expected) in try pairs(parameter.floats(), p) {
      #expect(abs(Double(value) - expected) < 1e-4 * max(1, abs(expected)))
    }
    let momentum = try #require(optimiser.momenta[0]).floats()
    for (value, expected) in try pairs(momentum, m) {
      #expect(abs(Double(value) - expected) < 1e-4 * max(1, abs(expected)))
    }
  }

  @Test func `a parameter whose memory is ordered otherwise moves just the same`() throws {
    let values = (0..<24).map { Float($0) - 11 }
    func moved(_ parameter: Tensor) throws -> [Float] {
      try parameter.requireGradient()
      let optimiser = SGD([parameter], rate: 0.01)
      for _ in 0..<3 {
        try optimiser.clearGradients()
        try parameter.power(2).sum().backward()
        try optimiser.step()
      }
      return try parameter.floats()
    }
    let plain = try moved(Tensor(values, shape: [1, 2, 3, 4]))
    let other = try moved(Tensor(values, shape: [1, 2, 3, 4]).contiguous(.channelsLast))
    for (a, b) in try pairs(plain, other) { #expect(abs(a - b) < 1e-5) }
  }

  @Test func `a parameter without a gradient stays and has no momentum`() throws {
    let used = try Tensor([1] as [Float])
    let idle = try Tensor([1] as [Float])
    try used.requireGradient()
    try idle.requireGradient()
    let optimiser = SGD([idle, used], rate: 0.01)
    try used.sum().backward()
    try optimiser.step()
    #expect(try idle.floats() == [1])
    #expect(try used.floats() != [1])
    #expect(optimiser.momenta[0] == nil && optimiser.momenta[1] != nil)
  }

  @Test func `goes on from restored momenta as if it had not stopped`() throws {
    func run(_ parameter: Tensor, _ optimiser: SGD, _ steps: Int) throws {
      for _ in 0..<steps {
        try optimiser.clearGradients()
        try (parameter.power(2).sum() * 0.5).backward()
        try optimiser.step()
      }
    }
    let whole = try Tensor([1, 2] as [Float])
    try whole.requireGradient()
    try run(whole, SGD([whole], rate: 0.01), 6)
    let first = try Tensor([1, 2] as [Float])
    try first.requireGradient()
    let before = SGD([first], rate: 0.01)
    try run(first, before, 3)
    let second = try Tensor(first.floats())
    try second.requireGradient()
    let after = SGD([second], rate: 0.01)
    try after.restore(before.state)
    try run(second, after, 3)
    #expect(try second.floats() == whole.floats())
    #expect(throws: LearningError.self) { try after.restore([.momentum: []]) }
    #expect(throws: LearningError.self) { try after.restore([.momentum: [.zeros([3])]]) }
  }

  @Test(arguments: [(0, 0.01), (500, 0.00535887), (999, 1.99526e-5), (1000, 0), (2000, 0)])
  func `the learning rate falls by a power`(epoch: Int, rate: Double) {
    #expect(abs(PolynomialSchedule().rate(epoch: epoch) - rate) < 1e-8)
  }
}

@Suite struct `A gradient scaler` {
  @Test func `leaves out a step that overflows and halves the factor`() throws {
    let parameter = try Tensor([3] as [Float])
    try parameter.requireGradient()
    var scaler = GradientScaler(growthInterval: 2)
    for (gradient, finite, scale) in [
      (65536.0, true, 65536.0), (.infinity, false, 32768), (32768, true, 32768),
      (32768, true, 65536), (.nan, false, 32768),
    ] {
      try parameter.setGradient(Tensor([Float(gradient)]))
      #expect(try scaler.unscale([parameter]) == finite)
      #expect(scaler.scale == scale)
      if finite { #expect(try parameter.gradient?.item() == 1) }
    }
  }

  @Test func `a scaled loss gives scaled gradients`() throws {
    let parameter = try Tensor([3] as [Float])
    try parameter.requireGradient()
    try GradientScaler().scaled(parameter.power(2).sum()).backward()
    #expect(try parameter.gradient?.item() == 6 * 65536)
  }
}
