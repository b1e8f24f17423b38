// SPDX-License-Identifier: Apache-2.0
import Foundation
@testable import Stages
import TestSupport
import Testing
import Torch

@Suite struct `The loss of the localiser` {
  private let design = LocaliserDesign(
    features: [4, 8], classes: ["background", "a", "b"], heatMaps: ["m"])

  /// A crop of 2×2×2 voxels: classes 0 and 1, and a heat map.
  private func sample(_ classes: [UInt8], _ heatMap: [Float]) -> LocaliserSample {
    LocaliserSample(
      extent: [2, 2, 2], hu: [Float](repeating: 0, count: 8), classes: classes, heatMaps: heatMap)
  }

  private func parts(
    _ logits: [Float], _ heatMap: [Float], _ sample: LocaliserSample
  ) throws -> [String: Double] {
    let terms = try LocaliserLoss()(
      Tensor(logits, shape: [1, 3, 2, 2, 2]), Tensor(heatMap, shape: [1, 1, 2, 2, 2]),
      LocaliserTarget([sample], design, on: .cpu))
    return Dictionary(
      uniqueKeysWithValues: try terms.map { ($0.name, try $0.tensor.item()) })
  }

  /// Logits that give a class to each voxel.
  private func logits(_ classes: [UInt8], _ height: Float = 30) -> [Float] {
    (0..<3).flatMap { c in classes.map { $0 == c ? height : 0 } }
  }

  @Test func `is least for the perfect prediction`() throws {
    let classes: [UInt8] = [0, 1, 1, 0, 0, 0, 0, 1]
    let map: [Float] = [0, 1, 0.5, 0, 0, 0, 0, 0.25]
    let target = sample(classes, map)
    let perfect = try parts(logits(classes), map, target).values.reduce(0, +)
    #expect(abs(perfect) < 1e-5)
    var wrong = classes
    wrong[1] = 2
    #expect(try parts(logits(wrong), map, target).values.reduce(0, +) > perfect + 1)
    #expect(
      try parts(logits(classes), map.map { $0 * 0.9 }, target).values.reduce(0, +) > perfect)
    #expect(try parts(logits(classes, 1), map, target).values.reduce(0, +) > perfect)
  }

  @Test func `is the sum of the terms worked by hand`() throws {
    let classes: [UInt8] = [0, 1, 1, 0, 0, 0, 0, 1]
    let map: [Float] = [0, 1, 0, 0, 0, 0, 0, 0]
    let found = try parts(
      [Float](repeating: 0, count: 24), [Float](repeating: 0.5, count: 8), sample(classes, map))
    // Class 1 is present: its overlap is 3 · 1/3, the sizes are 8/3 and 3.
    let dice = 3.0 / (8.0 / 3.0 + 3.0 + 1.0)
    // 7 voxels have weight 1 and one has 21, each with an error of 0.5.
    let heat = 5.0 * 0.25 * 28.0 / 8.0
    let expected = ["cross-entropy": log(3.0), "dice": 1 - dice, "heat maps": heat]
    for (name, value) in expected {
      let term = try #require(found[name])
      #expect(abs(term - value) < 1e-5, "\(name)")
    }
  }

  @Test func `leaves out voxels that do not count`() throws {
    let map = [Float](repeating: 0, count: 8)
    let target = sample([0, 1, 1, 0, 255, 255, 255, 255], map)
    let right = logits([0, 1, 1, 0, 2, 2, 2, 2])
    let found = try parts(right, map, target)
    for name in ["cross-entropy", "dice"] {
      let term = try #require(found[name])
      #expect(abs(term) < 1e-5, "\(name)")
    }
    let none = try parts(right, map, sample([UInt8](repeating: 255, count: 8), map))
    #expect(none == ["cross-entropy": 0, "dice": 0, "heat maps": 0])
    let onlyBackground = try parts(right, map, sample([UInt8](repeating: 0, count: 8), map))
    #expect(onlyBackground["dice"] == 0)
  }

  @Test func `refuses samples that do not fit the design`() throws {
    let map = [Float](repeating: 0, count: 8)
    let good = sample([0, 1, 1, 0, 0, 0, 0, 1], map)
    func fails(_ change: (inout LocaliserSample) -> Void) throws {
      var bad = good
      change(&bad)
      let error = try #require(throws: StagesError.self) {
        _ = try LocaliserTarget([good, bad], design, on: .cpu)
      }
      #expect(error.code == .input && error.subject.contains("1"))
    }
    try fails { $0.extent = [2, 2, 1] }
    try fails { $0.extent = [4, 2, 1] }
    try fails { $0.extent = [2, 2] }
    try fails { $0.extent = [2, 2, 4] }
    try fails { $0.hu.removeLast() }
    try fails { $0.classes[0] = 3 }
    try fails { $0.heatMaps = [] }
    #expect(throws: StagesError.self) { _ = try LocaliserTarget([], design, on: .cpu) }
  }
}
