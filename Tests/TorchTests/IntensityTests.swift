// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Torch

extension Tensor {
  /// A copy that was changed.
  fileprivate func changed(_ body: (Tensor) throws -> Void) throws -> Tensor {
    let copy = try clone()
    try body(copy)
    return copy
  }

  /// The largest difference between a change in single and in double precision, which takes
  /// libtorch's own operations.
  fileprivate func worst(_ body: (Tensor) throws -> Void) throws -> Float {
    let found = try changed(body).floats()
    let wanted = try to(.float64).changed(body).floats()
    return try pairs(found, wanted).map { abs($0 - $1) }.max() ?? .infinity
  }
}

@Suite struct `Filtering along an axis` {
  @Test(arguments: [[1.0], [0.5, 0.25], [0.4, 0.2, 0.1], [0.3, 0.2, 0.1, 0.05]])
  func `is the sum of shifted copies, mirrored at the edge`(weights: [Double]) throws {
    let shapes = [
      [1], [2], [3, 4], [5, 7], [1, 9], [4, 1], [6, 2, 5], [3, 8, 7], [40, 37], [7, 1500],
    ]
    for shape in shapes {
      let x = try Tensor.normal(shape, seed: UInt64(shape.count))
      for axis in shape.indices {
        #expect(try x.worst { try $0.filterInPlace(axis, with: weights) } < 1e-6)
      }
    }
  }

  @Test func `mirrors without the edge itself`() throws {
    let x = try Tensor([1, 10, 100, 1000] as [Float])
    #expect(
      try x.changed { try $0.filterInPlace(0, with: [0, 1]) }.floats() == [20, 101, 1010, 200])
    #expect(
      try x.changed { try $0.filterInPlace(-1, with: [0, 0, 1]) }.floats() == [200, 1010, 101, 20])
  }

  @Test func `refuses an axis that is not there and a filter without weights`() throws {
    let x = try Tensor.ones([2, 3])
    #expect(throws: TorchError.self) { try x.filterInPlace(2, with: [1, 1]) }
    #expect(throws: TorchError.self) { try x.filterInPlace(0, with: []) }
    #expect(throws: TorchError.self) { try x.to(.int64).filterInPlace(0, with: [1, 1]) }
  }
}

@Suite struct `Changes of intensities in place` {
  static let shapes = [[1, 1], [3, 5], [33, 47], [2, 9, 11], [5, 50, 60]]

  @Test(arguments: shapes) func `coarsen as libtorch's two interpolations do`(
    shape: [Int]
  ) throws {
    let x = try Tensor.normal(shape, seed: 4)
    for share in [0.3, 0.5, 0.61, 0.77, 0.93, 1] {
      for keepsFirst in [false, true] {
        let few = shape.enumerated().map {
          keepsFirst && $0 == 0 ? $1 : max(1, Int((Double($1) * share).rounded()))
        }
        for axes in [[], [0], [shape.count - 1], Array(shape.indices)] {
          #expect(
            try x.worst { try $0.simulateLowResolutionInPlace(extents: few, mirrored: axes) }
              < 5e-5,
            "\(few), mirrored \(axes)")
        }
        let wanted = try x.reshaped([1, 1] + shape).interpolated(to: few, .nearestExact)
          .interpolated(to: shape, .linear).floats()
        let found = try x.changed { try $0.simulateLowResolutionInPlace(extents: few) }.floats()
        #expect(try pairs(found, wanted).allSatisfy { abs($0 - $1) < 5e-5 })
      }
    }
  }

  @Test(arguments: shapes) func `follow the formulas in double precision`(shape: [Int]) throws {
    // Far from zero, where squares of values would lose the deviation.
    for shift in [0.0, 100] {
      let x = try Tensor.normal(shape, mean: shift, deviation: 1.5, seed: 5)
      let most: Float = shift == 0 ? 1e-5 : 1e-4
      for exponent in [0.7, 0.9, 1, 1.2, 1.5] {
        #expect(try x.worst { try $0.gammaInPlace(exponent) } < most)
        #expect(try x.worst { try $0.gammaInPlace(exponent, inverted: true) } < most)
      }
      for factor in [0.75, 1.25] {
        #expect(try x.worst { try $0.contrastInPlace(factor) } < most)
      }
    }
  }

  @Test func `leave one value where there is one value`() throws {
    for value in [0, 0.1, -2.7, 1e4] {
      let x = try Tensor.full([37, 41], value)
      let found = try x.changed {
        try $0.gammaInPlace(1.4)
        try $0.gammaInPlace(0.8, inverted: true)
        try $0.contrastInPlace(1.2)
      }.floats()
      #expect(try nonEmpty(found).allSatisfy { abs($0 - Float(value)) <= 1e-6 * abs(Float(value)) })
    }
  }

  @Test func `refuse what are no floating-point values or too many voxels`() throws {
    let x = try Tensor.ones([4, 4], dtype: .int32)
    #expect(throws: TorchError.self) { try x.contrastInPlace(1.1) }
    #expect(throws: TorchError.self) { try x.gammaInPlace(1.1) }
    #expect(throws: TorchError.self) { try x.addNoiseInPlace(deviation: 1, seed: 1) }
    #expect(throws: TorchError.self) {
      try Tensor.ones([4, 4]).simulateLowResolutionInPlace(extents: [5, 4])
    }
    #expect(throws: TorchError.self) {
      try Tensor.ones([4, 4]).simulateLowResolutionInPlace(extents: [2])
    }
  }
}

@Suite struct `Noise that is added` {
  static func noise(_ count: Int, seed: UInt64) throws -> [Double] {
    try Tensor.zeros([count]).changed { try $0.addNoiseInPlace(deviation: 1, seed: seed) }
      .floats().map { Double($0) }
  }

  /// The share of a normal distribution below x.
  static func share(below x: Double) -> Double { erfc(-x / 2.0.squareRoot()) / 2 }

  @Test(arguments: [1, 99, UInt64.max]) func `is normal`(seed: UInt64) throws {
    let n = 1_000_000
    let values = try Self.noise(n, seed: seed).sorted()
    let count = Double(n)
    // Four standard errors of each moment.
    #expect(abs(values.reduce(0, +)) / count < 4 / count.squareRoot())
    #expect(abs(values.reduce(0) { $0 + $1 * $1 } / count - 1) < 4 * (2 / count).squareRoot())
    #expect(abs(values.reduce(0) { $0 + $1 * $1 * $1 } / count) < 4 * (15 / count).squareRoot())
    #expect(
      abs(values.reduce(0) { $0 + $1 * $1 * $1 * $1 } / count - 3) < 4 * (96 / count).squareRoot())
    // Kolmogorov and Smirnov's distance, whose 99.9th percentile is 1.95 / √n.
    let distance = values.enumerated().map { abs(Self.share(below: $1) - Double($0) / count) }.max()
    #expect(distance.map { $0 < 1.95 / count.squareRoot() } == true)
    #expect(values[0] < -4.2 && values[n - 1] > 4.2)
  }

  @Test func `is independent from voxel to voxel, and from seed to seed`() throws {
    let n = 400_000
    let values = try Self.noise(n, seed: 7)
    let most = 4 / Double(n).squareRoot()
    // Box and Muller's pairs lie 16 apart.
    for lag in [1, 2, 8, 15, 16, 17, 31, 32, 512] {
      let sum = zip(values, values.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 }
      let squares = zip(values, values.dropFirst(lag)).reduce(0) {
        $0 + ($1.0 * $1.0 - 1) * ($1.1 * $1.1 - 1)
      }
      #expect(abs(sum / Double(n)) < most && abs(squares / Double(n)) < 2 * most, "lag \(lag)")
    }
    for seed in [8, 7 + 0x9E37_79B9_7F4A_7C15, 7 << 32] as [UInt64] {
      let other = try Self.noise(n, seed: seed)
      for lag in [0, 1, 16] {
        let sum = zip(values, other.dropFirst(lag)).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(sum / Double(n)) < most, "seed \(seed), lag \(lag)")
      }
    }
  }

  @Test func `is the same for a seed, however the values are stored`() throws {
    let x = try Tensor.normal([7, 13], seed: 1)
    let a = try x.changed { try $0.addNoiseInPlace(deviation: 0.1, seed: 3) }.floats()
    let b = try x.changed { try $0.addNoiseInPlace(deviation: 0.1, seed: 3) }.floats()
    let wide = try x.to(.float64).changed { try $0.addNoiseInPlace(deviation: 0.1, seed: 3) }
    #expect(a == b)
    #expect(try pairs(a, wide.floats()).allSatisfy { abs($0 - $1) < 1e-6 })
    let c = try x.changed { try $0.addNoiseInPlace(deviation: 0.1, seed: 4) }.floats()
    #expect(a != c)
  }
}
