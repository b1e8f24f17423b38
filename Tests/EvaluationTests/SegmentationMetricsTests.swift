// SPDX-License-Identifier: Apache-2.0
import Evaluation
import TestSupport
import Testing

@Suite struct `Segmentation metrics` {
  @Test func `by hand`() throws {
    let metrics = try segmentationMetrics(
      prediction: [0, 1, 1, 2, 2, 0], reference: [0, 1, 2, 2, 0, 1], regions: [[1], [2], [1, 2]])
    #expect(
      metrics[0]
        == LabelMetrics(
          truePositives: 1, falsePositives: 1, falseNegatives: 1, trueNegatives: 3))
    #expect(metrics[0].dice == 0.5 && metrics[0].iou == 1.0 / 3)
    #expect(metrics[1] == metrics[0])
    #expect(metrics[2].truePositives == 3 && metrics[2].dice == 0.75)
    #expect(metrics[2].predicted == 4 && metrics[2].reference == 4)
  }

  @Test func `of a label in neither map do not exist, one false voxel makes Dice 0`() throws {
    let empty = [UInt8](repeating: 0, count: 20)
    var wrong = empty
    wrong[3] = 1
    let absent = try segmentationMetrics(prediction: empty, reference: empty, regions: [[1]])[0]
    #expect(absent.dice == nil && absent.iou == nil && absent.trueNegatives == 20)
    let false1 = try segmentationMetrics(prediction: wrong, reference: empty, regions: [[1]])[0]
    #expect(false1.dice == 0 && false1.falsePositives == 1)
    let mean = MeanMetrics(overCases: [absent, false1])
    #expect(mean?.dice == 0 && mean?.falsePositives == 0.5 && mean?.trueNegatives == 19.5)
    let none = MeanMetrics(overCases: [absent])
    #expect(none?.dice == nil && none?.trueNegatives == 20)
    let overall = MeanMetrics(overLabels: [mean, none].compactMap(\.self))
    #expect(overall?.dice == nil && overall?.falsePositives == 0.25)
    #expect(MeanMetrics(overCases: []) == nil && MeanMetrics(overLabels: []) == nil)
  }

  @Test func `agree with counting voxel by voxel, ignored voxels left out`() throws {
    var rng = SplitMix64(seed: 6)
    let regions: [[UInt8]] = [[1], [2], [1, 3], [255], [0]]
    for round in 0..<200 {
      let n = Int.random(in: 0...70, using: &rng)
      let values: [UInt8] = [0, 0, 0, 0, 0, 0, 1, 2, 3, 255]
      let p = (0..<n).map { _ in values.randomElement(using: &rng) ?? 0 }
      let r = (0..<n).map { _ in values.randomElement(using: &rng) ?? 0 }
      let ignore: UInt8? = round % 2 == 0 ? nil : 3
      let metrics = try segmentationMetrics(
        prediction: p, reference: r, regions: regions, ignore: ignore)
      for (region, ours) in zip(regions, metrics) {
        let pairs = zip(p, r).filter { $0.1 != ignore }
          .map { (region.contains($0.0), region.contains($0.1)) }
        #expect(
          ours
            == LabelMetrics(
              truePositives: pairs.count { $0.0 && $0.1 },
              falsePositives: pairs.count { $0.0 && !$0.1 },
              falseNegatives: pairs.count { !$0.0 && $0.1 },
              trueNegatives: pairs.count { !$0.0 && !$0.1 }))
      }
    }
  }

  @Test func `of maps of different size are refused`() {
    #expect(throws: EvaluationError.self) {
      try segmentationMetrics(prediction: [0, 1], reference: [0], regions: [[1]])
    }
  }
}
