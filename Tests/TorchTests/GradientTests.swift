// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing
import Torch

@Suite struct `Gradients` {
  enum Function: String, CaseIterable, Sendable {
    case powers, softmax, convolution, transposedConvolution, instanceNorm, groupNorm, parts
    case crossEntropy, interpolation

    func callAsFunction(_ x: Tensor) throws -> Tensor {
      func weighted(_ y: Tensor) throws -> Tensor {
        try (y * counting(y.shape).to(.float64)).sum()
      }
      let image = try x.reshaped([1, 2, 3, 4])
      switch self {
      case .powers: return try (x.power(3) * 0.5 - x).sum()
      case .softmax: return try weighted(x.softmax(1))
      case .convolution:
        let w = try Tensor.normal([2, 2, 3, 3], seed: 1, dtype: .float64)
        return try weighted(
          image.convolution(w, bias: nil, stride: [2, 1], padding: [1, 1]).power(2))
      case .transposedConvolution:
        let w = try Tensor.normal([2, 2, 2, 2], seed: 1, dtype: .float64)
        return try weighted(image.transposedConvolution(w, bias: nil, stride: [2, 2]).power(2))
      case .instanceNorm:
        let y = try image.instanceNorm(weight: nil, bias: nil)
        try y.leakyReLUInPlace()
        return try weighted(y)
      case .groupNorm:
        let y = try image.groupNorm(groups: 2, weight: nil, bias: nil)
        try y.leakyReLUInPlace()
        return try weighted(y)
      case .parts:
        let parts = [
          try x.narrowed(1, from: 0, length: 2),
          try x.flipped([0]).selected(1, indices: Tensor([5])),
        ]
        return try weighted(Tensor.concatenated(parts, along: 1).power(2))
      case .crossEntropy: return try x.crossEntropy(Tensor([0, 5, 2, 2]))
      case .interpolation:
        return try weighted(image.interpolated(to: [7, 5], .linear).power(2))
      }
    }
  }

  @Test(arguments: Function.allCases)
  func `are those of finite differences`(function: Function) throws {
    let start = try Tensor.normal([4, 6], seed: 5, dtype: .float64)
    let x = try start.clone()
    try x.requireGradient()
    try function(x).backward()
    let gradient = try #require(try x.gradient).values(as: Double.self)
    let values = try start.values(as: Double.self)
    for k in values.indices {
      func shifted(_ step: Double) throws -> Double {
        var moved = values
        moved[k] += step
        return try function(Tensor(moved, shape: [4, 6])).item()
      }
      let slope = (try shifted(1e-5) - shifted(-1e-5)) / 2e-5
      #expect(abs(gradient[k] - slope) < 1e-5 * max(1, abs(slope)), "at \(k)")
    }
  }

  @Test func `add up until they are taken away`() throws {
    let x = try Tensor([2] as [Float])
    #expect(!x.requiresGradient && !x.hasGradient)
    #expect(try x.gradient == nil)
    try x.requireGradient()
    for expected in [4.0, 8.0] {
      try x.power(2).sum().backward()
      #expect(try x.gradient?.item() == expected)
    }
    try x.setGradient(nil)
    #expect(!x.hasGradient)
    #expect(throws: TorchError.self) { try x.setGradient(.zeros([2])) }
  }

  @Test func `are not recorded inside a scope without them, also after an error`() throws {
    struct Stop: Error {}
    let x = try Tensor([2] as [Float])
    try x.requireGradient()
    try withoutGradients {
      #expect(try !(x * 2).requiresGradient)
      try x.addInPlace(1)
    }
    #expect(throws: Stop.self) { try withoutGradients { throw Stop() } }
    #expect(try (x * 2).requiresGradient)
    #expect(try !x.detached().requiresGradient)
    #expect(throws: TorchError.self) { try x.addInPlace(1) }
    #expect(try x.item() == 3)
  }

  @Test func `cannot be had of tensors made in inference mode`() throws {
    let x = try Tensor([2] as [Float])
    try x.requireGradient()
    let y = try withInferenceMode { try x * 3 }
    #expect(try y.item() == 6)
    #expect(throws: TorchError.self) { try (x * y).sum().backward() }
    try (x * 2).sum().backward()
    #expect(try x.gradient?.item() == 2)
  }

  @Test func `are refused where there is nothing to go back along`() throws {
    #expect(throws: TorchError.self) { try Tensor([1] as [Float]).backward() }
    let x = try Tensor([1, 2] as [Float])
    try x.requireGradient()
    #expect(throws: TorchError.self) { try (x * 2).backward() }
    #expect(throws: TorchError.self) { try Tensor([1]).requireGradient() }
    #expect(throws: TorchError.self) {
      try Tensor.stepSGD(
        [x], momenta: [.zeros([2])], rate: 1, momentum: 0, weightDecay: 0, nesterov: false)
    }
    #expect(throws: TorchError.self) { try Tensor.clipGradients([], to: 1) }
  }

  @Test func `go through half precision where autocast says so`() throws {
    let x = try Tensor.normal([1, 2, 4, 4], seed: 1)
    let w = try Tensor.normal([2, 2, 3, 3], seed: 2)
    try w.requireGradient()
    let loss = try withAutocast(.bfloat16, on: .cpu) {
      let y = try x.convolution(w, bias: nil, stride: [1, 1], padding: [1, 1])
      #expect(try y.dtype == .bfloat16)
      return try y.to(.float32).power(2).sum()
    }
    try loss.backward()
    #expect(try w.gradient?.dtype == .float32)
    let y = try x.convolution(w, bias: nil, stride: [1, 1], padding: [1, 1])
    #expect(try y.dtype == .float32)
    #expect(throws: TorchError.self) { try withAutocast(.float32, on: .cpu) {} }
  }

  @Test func `of many tasks do not mix`() async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for i in 0..<16 {
        group.addTask {
          let x = try Tensor.normal([32, 32], seed: UInt64(i))
          try x.requireGradient()
          if i % 2 == 0 {
            return try withoutGradients { try !x.matrixProduct(x).requiresGradient }
          }
          try (x * x).sum().backward()
          let twice = try (x.detached() * 2).floats()
          return try x.gradient?.floats() == twice
        }
      }
      for try await isRight in group { #expect(isRight) }
    }
  }
}
