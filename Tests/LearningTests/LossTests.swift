// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import TestSupport
import Testing
import Torch

extension DiceCrossEntropy {
  /// The two terms by themselves.
  fileprivate func separated(_ logits: Tensor, _ labels: Tensor) throws -> (
    crossEntropy: Tensor, dice: Tensor
  ) {
    var (crossEntropy, dice) = (self, self)
    crossEntropy.terms = .crossEntropy
    dice.terms = .dice
    return (try crossEntropy(logits, labels), try dice(logits, labels))
  }
}

@Suite struct `Dice and cross-entropy` {
  /// logits[b, c, i, j] = sin(7b + 3c + 2i + j) and labels (b + i + j) mod 3.
  static func vector(classes: Int) throws -> (logits: Tensor, labels: Tensor) {
    var logits: [Float] = []
    var labels: [Int16] = []
    for b in 0..<2 {
      for c in 0..<classes {
        for i in 0..<4 {
          for j in 0..<4 { logits.append(Float(sin(Double(7 * b + 3 * c + 2 * i + j)))) }
        }
      }
      for i in 0..<4 { for j in 0..<4 { labels.append(Int16((b + i + j) % 3)) } }
    }
    return (
      try Tensor(logits, shape: [2, classes, 4, 4]), try Tensor(labels, shape: [2, 4, 4])
    )
  }

  @Test(
    arguments: [
      (true, nil, 0.8191025, 1.2048928, -0.3857903), (false, nil, 0.8209686, 1.2048928, -0.3839241),
      (true, 2, 0.4109702, 0.9127567, -0.5017865), (false, 2, 0.4162489, 0.9127567, -0.4965078),
    ] as [(Bool, Int?, Double, Double, Double)])
  func `give the numbers of the original`(
    batchDice: Bool, ignored: Int?, total: Double, crossEntropy: Double, dice: Double
  ) throws {
    let (logits, labels) = try Self.vector(classes: ignored == nil ? 3 : 2)
    let loss = DiceCrossEntropy(batchDice: batchDice, ignoreLabel: ignored)
    #expect(abs(try loss(logits, labels).item() - total) < 2e-7)
    let terms = try loss.separated(logits, labels.unsqueezed(1))
    #expect(abs(try terms.crossEntropy.item() - crossEntropy) < 2e-7)
    #expect(abs(try terms.dice.item() - dice) < 2e-7)
  }

  @Test func `a foreground voxel counts by its weight, in the cross-entropy only`() throws {
    // Two voxels with even odds of e : 1 for the background; one of them is foreground.
    let logits = try Tensor([1, 1, 0, 0] as [Float], shape: [1, 2, 1, 2])
    let labels = try Tensor([0, 1] as [Int64], shape: [1, 1, 2])
    let (right, wrong) = (log(1 + exp(-1.0)), log(1 + exp(1.0)))
    let plain = try DiceCrossEntropy(batchDice: true).separated(logits, labels)
    for weight in [1.0, 3, 50] {
      let terms = try DiceCrossEntropy(batchDice: true, foregroundWeight: weight)
        .separated(logits, labels)
      let expected = (right + weight * wrong) / (1 + weight)
      #expect(abs(try terms.crossEntropy.item() - expected) < 1e-6)
      #expect(try terms.dice.item() == plain.dice.item())
    }
  }

  @Test func `a certain and right answer costs next to nothing`() throws {
    let labels = try Tensor([0, 1, 1, 0] as [UInt8], shape: [1, 2, 2])
    let logits =
      try Tensor.stacked([labels.equals(0), labels.equals(1)], along: 1).to(.float32) * 50
    let terms = try DiceCrossEntropy(batchDice: true).separated(logits, labels)
    #expect(try terms.crossEntropy.item() < 1e-6)
    #expect(abs(try terms.dice.item() + 1) < 1e-6)
  }

  @Test func `a class that is neither there nor guessed counts as found`() throws {
    let labels = try Tensor.zeros([1, 2, 2], dtype: .int64)
    let logits = try Tensor([60, 60, 60, 60, -60, -60, -60, -60] as [Float], shape: [1, 2, 2, 2])
    let dice = try DiceCrossEntropy(batchDice: true).separated(logits, labels).dice
    #expect(abs(try dice.item() + 1) < 1e-6)
  }

  @Test func `if all voxels are ignored the loss has a gradient of zero`() throws {
    let logits = try Tensor.normal([1, 2, 3, 3], seed: 1)
    try logits.requireGradient()
    let labels = try Tensor.full([1, 3, 3], 2, dtype: .int64)
    let loss = DiceCrossEntropy(batchDice: true, ignoreLabel: 2)
    #expect(try loss.separated(logits, labels).crossEntropy.item() == 0)
    try loss(logits, labels).backward()
    let gradient = try #require(try logits.gradient)
    #expect(try nonEmpty(gradient.floats()).allSatisfy { $0 == 0 })
  }

  @Test(arguments: [(true, nil), (false, nil), (true, 2)] as [(Bool, Int?)])
  func `the gradient is that of finite differences`(batchDice: Bool, ignored: Int?) throws {
    let (start, labels) = try Self.vector(classes: ignored == nil ? 3 : 2)
    let loss = DiceCrossEntropy(batchDice: batchDice, ignoreLabel: ignored)
    let logits = try start.clone()
    try logits.requireGradient()
    try loss(logits, labels).backward()
    let gradient = try #require(try logits.gradient).floats()
    let values = try start.floats()
    // Single precision: a wide step, so that rounding stays below the tolerance.
    for k in stride(from: 0, to: values.count, by: 5) {
      func shifted(_ step: Float) throws -> Double {
        var moved = values
        moved[k] += step
        return try loss(Tensor(moved, shape: start.shape), labels).item()
      }
      let slope = (try shifted(0.02) - shifted(-0.02)) / 0.04
      #expect(abs(Double(gradient[k]) - slope) < 2e-5)
    }
  }

  @Test func `labels on another grid are named`() throws {
    let loss = DiceCrossEntropy(batchDice: true)
    let error = try #require(throws: LearningError.self) {
      try loss(.zeros([1, 2, 4, 4]), .zeros([1, 3, 4], dtype: .int64))
    }
    #expect(error.description.contains("1 × 3 × 4") && error.description.contains("1 × 2 × 4 × 4"))
  }

  @Test func `a label without a class is an error`() throws {
    let loss = DiceCrossEntropy(batchDice: true)
    #expect(throws: TorchError.self) {
      try loss(.zeros([1, 2, 4, 4]), .full([1, 4, 4], 2, dtype: .uint8))
    }
  }
}

@Suite struct `Deep supervision` {
  @Test func `weights halve and the coarsest is left out`() throws {
    let expected = [0.507937, 0.253968, 0.126984, 0.063492, 0.031746, 0.015873, 0]
    for (weight, value) in try pairs(DeepSupervision.weights(7), expected) {
      #expect(abs(weight - value) < 5e-7)
    }
    #expect(DeepSupervision.weights(2) == [1, 0])
    #expect(DeepSupervision.weights(1) == [1])
    for n in 1...9 { #expect(abs(DeepSupervision.weights(n).reduce(0, +) - 1) < 1e-12) }
  }

  @Test(arguments: [(4, 2), (6, 4), (7, 3), (5, 5), (3, 6), (512, 8)])
  func `labels go to the nearest voxel, as nearest-exact interpolation`(from: Int, to: Int) throws {
    let labels = (0..<from * 2).map { Float(($0 * 7) % 5) }
    let own = try DeepSupervision.downsampled(Tensor(labels, shape: [1, 2, from]), to: [2, to])
    let torch = try Tensor(labels, shape: [1, 1, 2, from])
      .interpolated(to: [2, to], .nearestExact)
    #expect(try own.floats() == torch.floats())
  }

  @Test func `the loss is the weighted sum over the grids`() throws {
    let labels = try Tensor((0..<128).map { UInt8($0 % 3) }, shape: [2, 8, 8])
    let outputs = try [8, 4, 2].enumerated().map { i, n in
      try Tensor.normal([2, 3, n, n], seed: UInt64(i))
    }
    let loss = DiceCrossEntropy(batchDice: true)
    let deep = DeepSupervision(loss, outputs: 3)
    let fine = try loss(outputs[0], labels).item()
    let half = try loss(outputs[1], DeepSupervision.downsampled(labels, to: [4, 4])).item()
    #expect(abs(try deep(outputs, labels).item() - (fine * 2 / 3 + half / 3)) < 1e-6)
    #expect(abs(try deep(outputs, labels.unsqueezed(1)).item() - (fine * 2 / 3 + half / 3)) < 1e-6)
    #expect(throws: LearningError.self) { try deep([outputs[0]], labels) }
  }
}
