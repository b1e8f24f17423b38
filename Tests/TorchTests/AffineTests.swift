// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Torch

@Suite struct `Sampling along an affine map` {
  static let maps: [(name: String, map: [[Double]], size: [Int])] = [
    ("in the plane", [[0.913, -0.507, 1.719], [0.411, 1.083, -2.329]], [9, 13]),
    ("enlarging", [[0.413, 0.117, 2.031], [-0.123, 0.419, 3.307]], [9, 13]),
    ("far outside", [[3.011, 0, -20.3], [0, 3.017, 40.1]], [9, 13]),
    (
      "in space",
      [
        [0.913, 0.207, -0.119, 0.433], [-0.313, 1.219, 0.301, -0.731],
        [0.127, -0.239, 0.709, 2.113],
      ],
      [6, 7, 9]
    ),
  ]

  static func source(_ rank: Int) -> [Int] { rank == 2 ? [10, 12] : [5, 8, 9] }

  @Test(arguments: maps)
  func `gives what libtorch's grids give`(name: String, map: [[Double]], size: [Int]) throws {
    let shape = [3] + Self.source(size.count)
    let images = try Tensor.normal(shape, seed: 1)
    // Double precision takes libtorch's own way.
    let wanted = try images.to(.float64).sampled(along: map, size: size).floats()
    let found = try images.sampled(along: map, size: size)
    #expect(found.shape == [3] + size)
    for (a, b) in zip(try found.floats(), wanted) { #expect(abs(a - b) < 1e-5) }
  }

  @Test(arguments: maps)
  func `gives the labels that libtorch's grids give`(
    name: String, map: [[Double]], size: [Int]
  ) throws {
    let shape = [2] + Self.source(size.count)
    let labels = try (Tensor.uniform(shape, high: 3.999, seed: 2).floored() - 1).to(.int16)
    // Labels of 32 bits take libtorch's own way.
    let wanted = try labels.to(.int32).labelsSampled(along: map, size: size, outside: -1)
      .values(as: Int32.self)
    let found = try labels.labelsSampled(along: map, size: size, outside: -1)
      .values(as: Int16.self)
    let wide = try labels.to(.int64).labelsSampled(along: map, size: size, outside: -1)
      .values(as: Int64.self)
    #expect(zip(found, wanted).count { Int32($0) != $1 } == 0)
    #expect(zip(wide, wanted).count { Int32($0) != $1 } == 0)
  }

  @Test func `finds nothing but the outside from very far away`() throws {
    let map = [[60.0, -60, 9e6], [60, 60, -9e6]]
    #expect(
      try Tensor.ones([2, 8, 8]).sampled(along: map, size: [5, 6]).floats()
        == Array(
          repeating: 0, count: 60))
    let labels = try Tensor.ones([1, 8, 8], dtype: .int16)
      .labelsSampled(along: map, size: [5, 6], outside: -1)
    #expect(try labels.values(as: Int16.self) == Array(repeating: -1, count: 30))
  }

  @Test func `keeps a label where all neighbours agree, whatever its number`() throws {
    let labels = try Tensor([Int16](repeating: 7, count: 24), shape: [1, 4, 6])
    let map = [[0.3, 0.2, 0.5], [0.1, 0.4, 1]]
    let found = try labels.labelsSampled(along: map, size: [5, 6], outside: -1)
    #expect(try found.values(as: Int16.self).allSatisfy { $0 == 7 })
  }

  @Test(
    arguments: [
      ([[1.0, 0, 0]], [3, 3]), ([[1, 0, 0], [0, .nan, 0]], [3, 3]),
      ([[1, 0, 0], [0, 1, 0]], [0, 3]),
      ([[1, 0, .infinity], [0, 1, 0]], [3, 3]), ([[1, 0], [0, 1]], [3]),
      ([[1e3, 0, 0], [0, 1, 0]], [3, 3]),
    ] as [([[Double]], [Int])])
  func `refuses a map or a size that makes no sense`(map: [[Double]], size: [Int]) throws {
    let image = try Tensor.ones([1, 4, 4])
    #expect(throws: TorchError.self) { try image.sampled(along: map, size: size) }
    #expect(throws: TorchError.self) {
      try image.to(.int16).labelsSampled(along: map, size: size, outside: -1)
    }
  }

  @Test func `refuses labels that are no whole numbers`() throws {
    #expect(throws: TorchError.self) {
      try Tensor.ones([1, 4, 4])
        .labelsSampled(along: [[1, 0, 0], [0, 1, 0]], size: [2, 2], outside: -1)
    }
  }
}

@Suite struct `Filtering along an axis` {
  @Test(arguments: [[1.0], [0.5, 0.25], [0.4, 0.2, 0.1], [0.3, 0.2, 0.1, 0.05]])
  func `is the sum of shifted copies, mirrored at the edge`(weights: [Double]) throws {
    for shape in [[1], [2], [3, 4], [5, 7], [1, 9], [4, 1], [6, 2, 5], [3, 8, 7]] {
      let x = try Tensor.normal(shape, seed: UInt64(shape.count))
      for axis in shape.indices {
        let found = try x.filtered(axis, with: weights).floats()
        // Double precision takes libtorch's own way.
        let wanted = try x.to(.float64).filtered(axis, with: weights).floats()
        #expect(found.count == wanted.count)
        for (a, b) in zip(found, wanted) { #expect(abs(a - b) < 1e-6) }
      }
    }
  }

  @Test func `mirrors without the edge itself`() throws {
    let x = try Tensor([1, 10, 100, 1000] as [Float])
    #expect(try x.filtered(0, with: [0, 1]).floats() == [20, 101, 1010, 200])
    #expect(try x.filtered(-1, with: [0, 0, 1]).floats() == [200, 1010, 101, 20])
  }

  @Test func `refuses an axis that is not there and a filter without weights`() throws {
    let x = try Tensor.ones([2, 3])
    #expect(throws: TorchError.self) { try x.filtered(2, with: [1, 1]) }
    #expect(throws: TorchError.self) { try x.filtered(0, with: []) }
    #expect(throws: TorchError.self) { try x.to(.int64).filtered(0, with: [1, 1]) }
  }
}
