// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Testing
import TestSupport
import Torch

@Suite struct `Layers` {
  @Test func `a convolution is the sum under its kernel`() throws {
    let image = try counting([1, 1, 3, 3])
    let kernel = try Tensor.ones([1, 1, 3, 3])
    let bias = try Tensor([0.5] as [Float])
    let y = try image.convolution(kernel, bias: bias, stride: [1, 1], padding: [1, 1])
    #expect(try y.floats() == [8.5, 15.5, 12.5, 21.5, 36.5, 27.5, 20.5, 33.5, 24.5])
    let strided = try image.convolution(kernel, bias: nil, stride: [2, 2], padding: [1, 1])
    #expect(try strided.floats() == [8, 12, 20, 24])
  }

  @Test(arguments: 1...3)
  func `a transposed convolution spreads each voxel over its kernel`(axes: Int) throws {
    let one = [Int](repeating: 1, count: axes)
    let two = [Int](repeating: 2, count: axes)
    let image = try Tensor.full([1, 1] + one, 3)
    let y = try image.transposedConvolution(Tensor.ones([1, 2] + two), bias: nil, stride: two)
    #expect(y.shape == [1, 2] + two)
    #expect(try y.floats().allSatisfy { $0 == 3 })
  }

  @Test func `lists that do not have an entry for each axis are an error`() throws {
    let image = try counting([1, 1, 3, 3])
    let kernel = try Tensor.ones([1, 1, 3, 3])
    #expect(throws: TorchError.self) {
      try image.convolution(kernel, bias: nil, stride: [1], padding: [1])
    }
    #expect(throws: TorchError.self) {
      try image.convolution(kernel, bias: nil, stride: [1, 1], padding: [1])
    }
    #expect(throws: TorchError.self) {
      try image.convolution(kernel, bias: nil, stride: [0, 0], padding: [1, 1])
    }
    #expect(throws: TorchError.self) { try image.averagePool(kernel: [2, 2, 2]) }
    #expect(throws: TorchError.self) { try image.interpolated(to: [2], .linear) }
    #expect(throws: TorchError.self) { try Tensor(1).averagePool(kernel: []) }
  }

  @Test(arguments: [[2, 4, 6, 5], [2, 4, 3, 6, 5]])
  func `instance normalisation is one group a channel`(shape: [Int]) throws {
    let x = try Tensor.normal(shape, mean: 3, deviation: 2, seed: 1)
    let (w, b) = (try Tensor.normal([4], seed: 2), try Tensor.normal([4], seed: 3))
    let instance = try x.instanceNorm(weight: w, bias: b)
    let group = try x.groupNorm(groups: 4, weight: w, bias: b)
    for (a, b) in try pairs(instance.floats(), group.floats()) { #expect(abs(a - b) < 1e-5) }
    let plain = try x.instanceNorm(weight: nil, bias: nil)
    let axes = Array(2..<shape.count)
    #expect(try plain.mean(axes).absolute().max().item() < 1e-5)
    #expect(
      try (plain.standardDeviation(axes, unbiased: false) - 1).absolute().max().item() < 1e-4)
  }

  @Test func `a leaky ReLU leaks`() throws {
    let x = try Tensor([-2, 0, 3] as [Float])
    try x.leakyReLUInPlace(slope: 0.25)
    #expect(try x.floats() == [-0.5, 0, 3])
  }

  @Test func `pools take the mean`() throws {
    let x = try counting([1, 1, 2, 4])
    #expect(try x.averagePool(kernel: [2, 2]).floats() == [2.5, 4.5])
    #expect(try x.averagePool(kernel: [1, 2], stride: [1, 2]).floats() == [0.5, 2.5, 4.5, 6.5])
    #expect(try counting([1, 1, 2, 2, 2]).averagePool(kernel: [2, 2, 2]).floats() == [3.5])
    #expect(try counting([1, 1, 4]).averagePool(kernel: [4]).floats() == [1.5])
  }

  @Test func `softmax sums to one and the cross-entropy is exact far out`() throws {
    let x = try Tensor([0, 1000] as [Float])
    #expect(try x.softmax(0).floats() == [0, 1])
    #expect(try x.reshaped([1, 2]).crossEntropy(Tensor([0])).item() == 1000)
  }

  @Test func `losses weigh, ignore and reduce`() throws {
    let flat = try Tensor.zeros([2, 2])
    #expect(abs(try flat.crossEntropy(Tensor([1, 7]), ignored: 7).item() - log(2)) < 1e-6)
    #expect(try flat.crossEntropy(Tensor([7, 7]), ignored: 7).item().isNaN)
    let weighted = try flat.crossEntropy(
      Tensor([0, 1]), weight: Tensor([1, 3] as [Float]), reduction: .sum)
    #expect(abs(try weighted.item() - 4 * log(2)) < 1e-6)
    #expect(try flat.crossEntropy(Tensor([0, 1]), reduction: .none).shape == [2])
    #expect(abs(try flat.binaryCrossEntropy(.ones([2, 2])).item() - log(2)) < 1e-6)
    #expect(throws: TorchError.self) { try flat.crossEntropy(Tensor([0, 2])) }
  }

  @Test(arguments: MemoryFormat.allCases)
  func `channels may come last in memory`(format: MemoryFormat) throws {
    for shape in [[2, 3, 4, 5], [2, 3, 2, 4, 5]] {
      let x = try counting(shape).contiguous(format)
      #expect(x.isContiguous(format))
      #expect(try x.stride(1) == (format == .channelsLast ? 1 : shape[2...].reduce(1, *)))
      #expect(try x.floats() == counting(shape).floats())
    }
    #expect(try !counting([2, 3]).isContiguous(.channelsLast))
    #expect(throws: TorchError.self) { try counting([2, 3]).contiguous(.channelsLast) }
  }
}

@Suite struct `Sampling, against PyTorch` {
  struct Reference: Decodable { let sampling: [String: [Double]] }

  @Test(arguments: ["bilinear", "nearest", "trilinear", "aligned"])
  func `gives its numbers`(name: String) throws {
    let reference = try JSONFile.read(
      Reference.self, from: fixture("learning/torch_reference.json"))
    let expected = try #require(reference.sampling[name])
    func sines(_ shape: [Int]) throws -> Tensor {
      try Tensor((0..<shape.reduce(1, *)).map { Float(sin(Double($0))) }, shape: shape)
    }
    let flat = try sines([1, 1, 4, 6])
    let solid = try sines([1, 1, 3, 4, 5])
    let result =
      switch name {
      case "bilinear": try flat.interpolated(to: [3, 5], .linear)
      case "nearest": try flat.interpolated(to: [3, 4], .nearestExact)
      case "trilinear": try solid.interpolated(to: [2, 3, 7], .linear)
      default: try solid.interpolated(to: [2, 3, 7], .linear, alignCorners: true)
      }
    let values = try result.floats()
    for (value, wanted) in try pairs(values, expected) {
      #expect(abs(Double(value) - wanted) < 1e-6)
    }
  }
}
