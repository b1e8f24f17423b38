// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Torch

extension Tensor {
  fileprivate func sampled(
    along map: [[Double]], size: [Int], reversed: Bool = false
  ) throws -> Tensor {
    let result = try Tensor.empty([shape[0]] + size, dtype: dtype)
    try result.sample(self, along: map, reversed: reversed)
    return result
  }

  fileprivate func labelsSampled(
    along map: [[Double]], size: [Int], outside: Int, reversed: Bool = false
  ) throws -> Tensor {
    let result = try Tensor.empty([shape[0]] + size, dtype: dtype)
    try result.sampleLabels(self, along: map, outside: outside, reversed: reversed)
    return result
  }
}

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
    for (a, b) in try pairs(found.floats(), wanted) { #expect(abs(a - b) < 1e-5) }
  }

  @Test(arguments: maps)
  func `gives the labels that libtorch's grids give`(
    name: String, map: [[Double]], size: [Int]
  ) throws {
    let shape = [2] + Self.source(size.count)
    let labels = try Tensor.uniform(shape, high: 3.999, seed: 2).to(.int16) - 1
    // Labels of 32 bits take libtorch's own way.
    let wanted = try labels.to(.int32).labelsSampled(along: map, size: size, outside: -1)
      .values(as: Int32.self)
    let found = try labels.labelsSampled(along: map, size: size, outside: -1)
      .values(as: Int16.self)
    let wide = try labels.to(.int64).labelsSampled(along: map, size: size, outside: -1)
      .values(as: Int64.self)
    #expect(try pairs(found, wanted).count { Int32($0) != $1 } == 0)
    #expect(try pairs(wide, wanted).count { Int32($0) != $1 } == 0)
  }

  @Test(arguments: maps)
  func `takes planes from the last one on`(name: String, map: [[Double]], size: [Int]) throws {
    let images = try Tensor.normal([3] + Self.source(size.count), seed: 3)
    let forth = try images.sampled(along: map, size: size)
    for kind in [DType.float32, .float64] {
      let back = try images.to(kind).sampled(along: map, size: size, reversed: true)
      for (a, b) in try pairs(back.floats(), forth.flipped([0]).floats()) {
        #expect(abs(a - b) < 1e-5)
      }
    }
    let labels = try (images * 2).rounded()
    for kind in [DType.int16, .int32] {
      let label = try labels.to(kind)
      let found = try label.labelsSampled(along: map, size: size, outside: -1, reversed: true)
      let wanted = try label.labelsSampled(along: map, size: size, outside: -1).flipped([0])
      #expect(try found.to(.float32).floats() == wanted.to(.float32).floats())
    }
  }

  @Test func `refuses a result with other planes or numbers`() throws {
    let map = [[1.0, 0, 0], [0, 1, 0]]
    let image = try Tensor.ones([2, 4, 4])
    for result in [try Tensor.ones([1, 4, 4]), try Tensor.ones([2, 4, 4], dtype: .float64)] {
      #expect(throws: TorchError.self) { try result.sample(image, along: map) }
    }
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
    #expect(try nonEmpty(found.values(as: Int16.self)).allSatisfy { $0 == 7 })
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

@Suite struct `A part cut from an image` {
  @Test(arguments: [
    ([0, 1, 2], [2, 3, 4]), ([0, -2, 3], [2, 9, 5]), ([1, 4, -3], [1, 3, 9]),
    ([0, 7, 0], [2, 4, 6]), ([0, -9, 0], [2, 4, 6]), ([-1, -1, -1], [4, 8, 8]),
  ])
  func `is padded and mirrored as voxels are found one by one`(start: [Int], size: [Int]) throws {
    let shape = [2, 6, 6]
    let values = (0..<72).map { Int16($0) }
    for axes in [[], [2], [1], [0, 2], [0, 1, 2]] {
      var wanted: [Int16] = []
      for z in 0..<size[0] {
        for y in 0..<size[1] {
          for x in 0..<size[2] {
            let at = zip([z, y, x], start).enumerated().map { axis, pair in
              pair.1 + (axes.contains(axis) ? size[axis] - 1 - pair.0 : pair.0)
            }
            let isInside = zip(at, shape).allSatisfy { (0..<$1).contains($0) }
            wanted.append(isInside ? values[(at[0] * 6 + at[1]) * 6 + at[2]] : -1)
          }
        }
      }
      // Numbers of 32 bits that are whole take libtorch's own way.
      for kind in [DType.int16, .int64, .float32, .int32] {
        let result = try Tensor.empty(size, dtype: kind)
        try result.cut(
          Tensor(values, shape: shape).to(kind), from: start, mirrored: axes, padding: -1)
        #expect(try result.to(.int16).values(as: Int16.self) == wanted, "\(kind), \(axes)")
      }
    }
  }

  @Test func `is refused where axes or numbers differ`() throws {
    let to = try Tensor.ones([2, 2])
    #expect(throws: TorchError.self) { try to.cut(.ones([2, 2, 2]), from: [0, 0]) }
    #expect(throws: TorchError.self) { try to.cut(.ones([3, 3]), from: [0]) }
    #expect(throws: TorchError.self) { try to.cut(.ones([3, 3], dtype: .int16), from: [0, 0]) }
  }
}
