// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import NNUNet

/// The indices (z, y, x) of the published vectors' shape, 4 × 5 × 6.
private let indices: [(Int, Int, Int)] = (0..<120).map { ($0 / 30, $0 / 6 % 5, $0 % 6) }

/// The data of the published vectors.
private let wave: [Float] = indices.map { z, y, x in
  let phase: Double = 1.3 * Double(z) + 0.7 * Double(y) + 0.31 * Double(x)
  return Float(sin(phase))
}

/// The labels of the published vectors, one voxel −1.
private let pattern: [Int16] = indices.map { z, y, x in
  let sum: Int = 5 * z + 3 * y + 7 * x
  return sum == 0 ? -1 : Int16(sum % 4 % 3)
}

private struct Vector: Sendable {
  var spacing: [Double]
  var newSpacing: [Double]
  var shape: [Int]
  var sums: (Double, Double)
  var values: [Double]
}

private let vectors = [
  "A": Vector(
    spacing: [3, 0.5, 0.5], newSpacing: [1.7, 0.3, 0.3], shape: [7, 8, 9],
    sums: (-39.242243, 319.936788), values: [-0.065337, 0.973304, 0.090016, 0.907110]),
  "B": Vector(
    spacing: [1, 1, 1], newSpacing: [0.6, 0.6, 0.6], shape: [7, 8, 9],
    sums: (-45.865646, 315.754345), values: [-0.158509, 0.906438, 0.180467, 0.901152]),
  "C": Vector(
    spacing: [1, 1, 1], newSpacing: [1.4, 1.3, 1.5], shape: [3, 4, 4],
    sums: (-3.721997, 29.955150), values: [0.229242, -0.876139, 0.928426, 0.928426]),
  "D": Vector(
    spacing: [3, 0.5, 0.5], newSpacing: [1.7, 0.3, 0.3], shape: [7, 8, 9],
    sums: (-39.198345, 308.601154), values: [0, 0.946289, 0.081604, 0.922363]),
]

@Suite struct `Resampling to another grid` {
  @Test(arguments: ["A", "B", "C", "D"]) func `images give nnU-Net's vectors`(name: String) throws {
    let v = try #require(vectors[name])
    let resampler = Resampler(
      shape: [4, 5, 6], spacing: v.spacing, newShape: v.shape, newSpacing: v.newSpacing)
    #expect(resampler.separateAxis == (name == "A" || name == "D" ? 0 : nil))
    let out =
      name == "D"
      ? resampler.resample(wave.map { Float16($0) }[...], order: 1).map { Float($0) }
      : resampler.resample(wave, order: 3)
    let sum = out.reduce(0.0) { $0 + Double($1) }
    let absolute = out.reduce(0.0) { $0 + Double(abs($1)) }
    #expect(abs(sum - v.sums.0) < 2e-6)
    #expect(abs(absolute - v.sums.1) < 2e-6)
    func at(_ z: Int, _ y: Int, _ x: Int) -> Double {
      Double(out[(z * v.shape[1] + y) * v.shape[2] + x])
    }
    let seen = [at(0, 0, 0), at(1, 2, 3), at(2, 3, 3), Double(try #require(out.last))]
    for (a, b) in try pairs(seen, v.values) { #expect(abs(a - b) < 6e-7) }
  }

  @Test(
    arguments: [
      ([3, 0.5, 0.5], [1.7, 0.3, 0.3], [7, 8, 9], [4, 255, 123, 122], 95837),
      ([1, 1, 1], [0.6, 0.6, 0.6], [7, 8, 9], [3, 260, 120, 121], 93792),
      ([1, 1, 1], [0.5, 0.5, 0.5], [8, 10, 12], [8, 501, 226, 225], 331974),
    ] as [([Double], [Double], [Int], [Int], Int)])
  func `labels give nnU-Net's vectors, ties included`(
    spacing: [Double], newSpacing: [Double], shape: [Int], counts: [Int], weighted: Int
  ) {
    let out = Resampler(
      shape: [4, 5, 6], spacing: spacing, newShape: shape, newSpacing: newSpacing
    ).resample(pattern, order: 1)
    #expect((-1...2).map { label in out.count { $0 == label } } == counts)
    #expect(out.indices.reduce(0) { $0 + Int(out[$1]) * $1 } == weighted)
  }

  @Test(
    arguments: [
      (3, [0.15022082759, 4, 14.16429390350]),
      (
        3,
        [
          0, 0.22775165653, 1.13024112080, 2.89042132475, 5.22845790867, 8.56503507018,
          13.40799800406, 16,
        ]
      ),
      (1, [0, 0.4375, 1.1875, 3.0625, 5.5625, 8.6875, 12.9375, 16]),
    ] as [(Int, [Double])])
  func `one line gives SciPy's values`(order: Int, expected: [Double]) throws {
    let out = SplineResize.resize(
      [0, 1, 4, 9, 16], [1, 1, 5], to: [1, 1, expected.count], order: order)
    for (a, b) in try pairs(out, expected) { #expect(abs(a - b) < 1e-11) }
  }

  @Test func `all axes together are what each does alone`() {
    var random = SplitMix64(seed: 4)
    let values = (0..<3 * 11 * 7).map { _ in Double.random(in: -5...5, using: &random) }
    let whole = SplineResize.resize(values, [3, 11, 7], to: [5, 6, 19], order: 3)
    // A direct sum over the products of one-axis operators, each from unit impulses.
    func matrix(_ n: Int, _ m: Int) -> [[Double]] {
      (0..<n).map { i in
        // Shifted by a constant: the clip to the range of the input would else cut undershoot.
        let impulse = (0..<n).map { $0 == i ? 1.0 : 0 }
        let far = SplineResize.resize(
          impulse + impulse.map { _ in 1e3 }, [1, 2, n], to: [1, 2, m], order: 3)
        let near = SplineResize.resize(
          impulse.map { -$0 } + impulse.map { _ in 1e3 }, [1, 2, n], to: [1, 2, m], order: 3)
        return (0..<m).map { far[$0] > 0 ? far[$0] : -near[$0] }
      }
    }
    let (a, b, c) = (matrix(3, 5), matrix(11, 6), matrix(7, 19))
    let low = values.min() ?? 0
    let high = values.max() ?? 0
    for (z, y, x) in [(0, 0, 0), (4, 5, 18), (2, 3, 9), (1, 4, 17)] {
      var sum = 0.0
      for k in 0..<3 {
        for j in 0..<11 {
          for i in 0..<7 { sum += a[k][z] * b[j][y] * c[i][x] * values[(k * 11 + j) * 7 + i] }
        }
      }
      #expect(abs(whole[(z * 6 + y) * 19 + x] - min(max(sum, low), high)) < 1e-9)
    }
  }

  @Test(arguments: [0, 1, 3]) func `a constant stays constant and equal shapes stay untouched`(
    order: Int
  ) {
    let resampler = Resampler(
      shape: [3, 4, 5], spacing: [2, 1, 1], newShape: [6, 9, 2], newSpacing: [1, 0.4, 2.5])
    #expect(
      resampler.resample([Float](repeating: -7.25, count: 60), order: order).allSatisfy {
        $0 == -7.25
      })
    let same = Resampler(
      shape: [4, 5, 6], spacing: [9, 1, 1], newShape: [4, 5, 6], newSpacing: [1, 1, 1])
    #expect(same.resample(wave, order: order) == wave)
  }

  @Test(
    arguments: [
      ([1, 0.35, 0.35], [1, 1, 1], nil), ([3, 0.35, 0.35], [1, 1, 1], 0),
      ([3, 1, 1], [1, 1, 1], nil), ([1, 1, 1], [0.5, 2, 0.5], 1), ([4, 4, 1], [1, 1, 1], nil),
      ([0.5, 0.5, 4], [1, 1, 1], 2),
    ] as [([Double], [Double], Int?)])
  func `the coarse axis is treated apart above a ratio of three`(
    spacing: [Double], newSpacing: [Double], axis: Int?
  ) {
    let resampler = Resampler(
      shape: [4, 5, 6], spacing: spacing, newShape: [5, 6, 7], newSpacing: newSpacing)
    #expect(resampler.separateAxis == axis)
  }

  @Test(arguments: [0, 1, 2]) func `each axis can be the coarse one`(axis: Int) throws {
    // The same image with its axes turned must give the same result, turned.
    let order = [[0, 1, 2], [1, 0, 2], [1, 2, 0]][axis]
    var back = [0, 0, 0]
    for (i, a) in order.enumerated() { back[a] = i }
    func turned(_ v: [Double]) -> [Double] { order.map { v[$0] } }
    let plain = Resampler(
      shape: [4, 5, 6], spacing: [4, 1, 1], newShape: [7, 8, 3], newSpacing: [2, 0.6, 2])
    let (moved, shape) = ArrayAxes.transposed(wave, [4, 5, 6], order)
    let other = Resampler(
      shape: shape, spacing: turned([4, 1, 1]), newShape: order.map { [7, 8, 3][$0] },
      newSpacing: turned([2, 0.6, 2]))
    #expect(other.separateAxis == order.firstIndex(of: 0))
    let result = ArrayAxes.transposed(
      other.resample(moved, order: 3), order.map { [7, 8, 3][$0] }, back)
    let expected = plain.resample(wave, order: 3)
    #expect(result.shape == [7, 8, 3])
    for (a, b) in try pairs(result.array, expected) { #expect(abs(a - b) < 1e-6) }
  }

  @Test func `the older rule lets the largest label win a half`() {
    // Between two voxels halfway: scores are one half each.
    let out = LabelResize.resize(
      [2, 1], [1, 1, 2], to: [1, 1, 1], order: 1, ties: .largestAboveHalf)
    #expect(out == [2])
    let newer = LabelResize.resize([2, 1], [1, 1, 2], to: [1, 1, 1], order: 1, ties: .nearest)
    #expect(newer == [1])
    // Four labels with a quarter each: no half anywhere.
    let four = LabelResize.resize(
      [3, 1, 2, 4], [1, 2, 2], to: [1, 1, 1], order: 1, ties: .largestAboveHalf)
    #expect(four == [0])
  }

  @Test func `labels of the result were in the input`() {
    var random = SplitMix64(seed: 8)
    for _ in 0..<20 {
      let shape = (0..<3).map { _ in Int.random(in: 1...6, using: &random) }
      let newShape = (0..<3).map { _ in Int.random(in: 1...9, using: &random) }
      let labels = (0..<shape.reduce(1, *)).map { _ in
        Int16.random(in: -1...3, using: &random)
      }
      let out = LabelResize.resize(labels, shape, to: newShape, order: 1, ties: .nearest)
      #expect(out.count == newShape.reduce(1, *))
      #expect(Set(out).isSubset(of: Set(labels)))
    }
  }
}
