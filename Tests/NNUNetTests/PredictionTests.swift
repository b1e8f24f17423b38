// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import TestSupport
import Testing
import Volume

@testable import NNUNet

@Suite struct `A sliding window` {
  @Test(arguments: [
    (110, 64, [0, 23, 46]), (50, 28, [0, 11, 22]), (57, 28, [0, 10, 19, 29]), (600, 512, [0, 88]),
    (523, 512, [0, 11]), (64, 64, [0]),
  ]) func `stops where nnU-Net's does`(size: Int, patch: Int, positions: [Int]) {
    #expect(SlidingWindow.positions(size: size, patch: patch) == positions)
  }

  @Test func `covers every voxel and stays inside`() {
    for patch in [1, 2, 3, 7, 16] {
      for size in patch...80 {
        let positions = SlidingWindow.positions(size: size, patch: patch)
        var covered = [Bool](repeating: false, count: size)
        for start in positions { for i in start..<start + patch { covered[i] = true } }
        #expect(!covered.contains(false))
        #expect(positions == positions.sorted())
      }
    }
  }

  @Test func `weighs as nnU-Net's Gaussian`() {
    let small = SlidingWindow(patchSize: [8, 8]).gaussian()
    let row = [
      0.00335503, 0.11108398, 1.35351562, 6.06640625, 10, 6.06640625, 1.35351562, 0.11108398,
    ]
    for (a, b) in zip(small[32..<40], row) { #expect(abs(Double(a) - b) < 1e-8) }
    let large = SlidingWindow(patchSize: [512, 512]).gaussian()
    #expect(large[256 * 512 + 256] == 10)
    #expect(abs(Double(large[256]) - 0.00335503) < 1e-8)
    #expect(abs(Double(large[0]) - 1.13249e-6) < 1e-10)
    let thick = SlidingWindow(patchSize: [28, 64, 64]).gaussian()
    #expect(thick.min() == Float16.leastNonzeroMagnitude)
  }

  @Test func `pads short images in the middle`() {
    let window = SlidingWindow(patchSize: [8, 9, 4])
    let padding = window.padding(for: [5, 9, 7])
    #expect(padding.map(\.before) == [1, 0, 0])
    #expect(padding.map(\.after) == [2, 0, 0])
    #expect(window.positions(for: [5, 9, 7]).count == 3)
    #expect(SlidingWindow(patchSize: [4, 4]).positions(for: [6, 8]).last == [2, 4])
  }

  @Test func `that sees the same everywhere returns it`() throws {
    let window = SlidingWindow(patchSize: [8, 8])
    var sum = LogitAccumulator(channels: 2, shape: [1, 20, 13], window: window)
    let prediction = [Float](repeating: 3.5, count: 64) + [Float](repeating: -1, count: 64)
    for position in window.positions(for: [20, 13]) {
      prediction.withUnsafeBufferPointer { sum.add($0, at: [0] + position) }
    }
    let mean = try sum.mean(inside: [0..<1, 1..<20, 0..<12], subject: "case")
    #expect(mean.count == 2 * 19 * 12)
    for value in mean[..<228] { #expect(abs(value - 3.5) < 0.02) }
    for value in mean[228...] { #expect(abs(value + 1) < 0.005) }
    let broken = [Float](repeating: .nan, count: 128)
    broken.withUnsafeBufferPointer { sum.add($0, at: [0, 0, 0]) }
    #expect(throws: NNUNetError.self) {
      try sum.mean(inside: [0..<1, 0..<20, 0..<13], subject: "case")
    }
  }
}

@Suite struct `Preprocessing and its way back` {
  private func plans(
    spacing: [Double], forward: [Int] = [0, 1, 2], scheme: String = "CT", mask: Bool = false
  ) throws -> Plans {
    let fingerprint = Fingerprint(
      intensityProperties: [
        IntensityProperties(
          max: 900, mean: 100, median: 0, min: -1000, percentile005: -500, percentile995: 500,
          std: 200)
      ], medianRelativeSizeAfterCropping: mask ? 0.5 : 1,
      shapesAfterCrop: [[16, 40, 36]], spacings: [spacing])
    return try Planner(
      fingerprint: fingerprint,
      dataset: DatasetDescription(
        channelNames: [scheme], labels: LabelScheme(foreground: ["a"]), numTraining: 1),
      datasetName: "D"
    ).plan()
  }

  private func geometry(_ spacing: SIMD3<Double> = [0.5, 0.5, 3]) -> Geometry {
    Geometry(
      extent: Extent(slices: 16, rows: 40, columns: 36), spacing: spacing, origin: [-5, 7, 100])
  }

  @Test(arguments: ["2d", "3d_fullres"]) func `give labels back where they were`(name: String)
    throws
  {
    // Axes of different length and spacing in every order, a zero border, another spacing.
    for turn in 0..<3 {
      var spacing = [3.0, 0.5, 0.6]
      if turn == 1 { spacing = [0.5, 3, 0.6] }
      if turn == 2 { spacing = [0.6, 0.5, 3] }
      let plans = try plans(spacing: spacing)
      let s = SIMD3(spacing[2] * 0.8, spacing[1] * 1.1, spacing[0])
      var image = Volume<Float>(geometry: geometry(s), repeating: 0)
      var labels = Volume<Float>(geometry: geometry(s), repeating: 0)
      for z in 1..<15 {
        for y in 3..<38 {
          for x in 2..<36 {
            image[z, y, x] = Float(z + 2 * y - x) + 0.25
            let (a, b, c) = (Double(z - 8) / 5, Double(y - 20) / 12, Double(x - 18) / 11)
            if a * a + b * b + c * c < 1 { labels[z, y, x] = 1 }
          }
        }
      }
      let scheme = try LabelScheme(foreground: ["a"])
      let raw = try RawCase(name: "case", channels: [image], labels: labels)
      let result = try Preprocessor(plans: plans, configuration: name, labels: scheme)
        .preprocess(raw)
      #expect(result.data.count == result.shape.reduce(1, *))
      let map = try #require(result.labels)
      let logits = map.map { Float16($0 == 1 ? -4 : 4) } + map.map { Float16($0 == 1 ? 4 : -4) }
      let export = try Export(plans: plans, configuration: name, labels: scheme)
      let back = try export.labels(
        logits: logits, shape: result.shape, properties: result.properties
      ).floats.map { UInt8($0) }
      #expect(back.geometry == image.geometry)
      var metrics = try SegmentationMetrics.measure(
        prediction: back, reference: labels.map { UInt8($0) }, labels: scheme)
      let dice = try #require(metrics.removeFirst().dice)
      #expect(dice > 0.9, "turn \(turn)")
      let p = try export.probabilities(
        logits: logits, shape: result.shape, properties: result.properties)
      #expect(p.count == 2)
      #expect(p[0][0, 0, 0] == 1)
      #expect(p[1][0, 0, 0] == 0)
      for i in back.voxels.indices where abs(p[1].voxels[i] - 0.5) > 1e-3 {
        if (p[1].voxels[i] > 0.5) != (back.voxels[i] == 1) { Issue.record("voxel \(i)") }
      }
    }
  }

  @Test func `decide regions for the next stage as for the prediction`() throws {
    // In float32 the sigmoid of the smallest float16 number above 0, 5.96e-8, is one half exactly,
    // so that number is outside of a region and the next one is inside.
    let plans = try plans(spacing: [3, 0.5, 0.5])
    let scheme = try LabelScheme(
      entries: [.init("background", [0]), .init("whole", [1, 2]), .init("core", [2])],
      regionsClassOrder: [1, 2])
    let image = Volume<Float>(geometry: geometry(), repeating: 1)
    let result = try Preprocessor(plans: plans, configuration: "3d_fullres", labels: scheme)
      .preprocess(RawCase(name: "c", channels: [image]))
    let count = result.shape.reduce(1, *)
    var logits = [Float16](repeating: -1, count: 2 * count)
    let least = Float16.leastNonzeroMagnitude
    logits.replaceSubrange(0..<3, with: [least, least.nextUp, 1])
    logits.replaceSubrange(count..<count + 4, with: [-1, -1, least.nextUp, least])
    let export = try Export(plans: plans, configuration: "3d_fullres", labels: scheme)
    let next = try export.nextStageLabels(logits: logits, of: result, newShape: result.shape)
    #expect(next.prefix(5) == [0, 1, 2, 0, 0])
    let map = try export.labels(
      logits: logits, shape: result.shape, properties: result.properties)
    #expect(map.floats.voxels.map { Int16($0) } == next)
    #expect(throws: NNUNetError.self) {
      try export.nextStageLabels(logits: [0], of: result, newShape: result.shape)
    }
  }

  @Test func `clip and scale CT in float32`() throws {
    var values = [Float](repeating: 7, count: 16 * 40 * 36)
    values[0] = -1000
    values[1] = 3000
    values[2] = 130
    let raw = try RawCase(name: "c", channels: [Volume(geometry: geometry(), voxels: values)])
    let result = try Preprocessor(
      plans: plans(spacing: [3, 0.5, 0.5]), configuration: "2d",
      labels: LabelScheme(foreground: ["a"])
    ).preprocess(raw)
    #expect(result.labels == nil)
    #expect(result.data[0] == -3)
    #expect(result.data[1] == 2)
    #expect(result.data[2] == Float(0.15))
    #expect(result.shape == [16, 40, 36])
  }

  @Test func `leave voxels outside of the mask alone under z-score`() throws {
    var image = Volume<Float>(geometry: geometry(), repeating: 0)
    var random = SplitMix64(seed: 2)
    for y in 10..<30 {
      for x in 10..<30 where y + x < 50 {
        for z in 0..<16 { image[z, y, x] = Float.random(in: 5...9, using: &random) }
      }
    }
    let result = try Preprocessor(
      plans: plans(spacing: [3, 0.5, 0.5], scheme: "MR", mask: true), configuration: "2d",
      labels: LabelScheme(foreground: ["a"])
    ).preprocess(RawCase(name: "c", channels: [image]))
    #expect(result.shape == [16, 20, 20])
    #expect(result.properties.boundingBox == [[0, 16], [10, 30], [10, 30]])
    #expect(result.data[399] == 0)
    let inside = result.data.filter { $0 != 0 }
    let mean = inside.reduce(0, +) / Float(inside.count)
    #expect(abs(mean) < 1e-4)
  }

  @Test func `fill holes that no path joins to the border`() {
    // A hollow cube with a hollow tunnel on one side, naive flood fill as the reference.
    var random = SplitMix64(seed: 31)
    for _ in 0..<60 {
      let shape = (0..<3).map { _ in Int.random(in: 1...6, using: &random) }
      let count = shape.reduce(1, *)
      let mask = (0..<count).map { _ in Int.random(in: 0...9, using: &random) < 6 }
      var filled = mask
      NonzeroRegion.fillHoles(&filled, shape)
      var outside = [Bool](repeating: false, count: count)
      var changed = true
      while changed {
        changed = false
        for i in 0..<count where !mask[i] && !outside[i] {
          let p = [i / (shape[1] * shape[2]), i / shape[2] % shape[1], i % shape[2]]
          let steps = [shape[1] * shape[2], shape[2], 1]
          for axis in 0..<3 {
            let atBorder = p[axis] == 0 || p[axis] == shape[axis] - 1
            if atBorder || outside[i - steps[axis]] || outside[i + steps[axis]] {
              outside[i] = true
              changed = true
              break
            }
          }
        }
      }
      #expect(filled == outside.map { !$0 })
    }
  }

  @Test func `refuse what cannot be right`() throws {
    let plans = try plans(spacing: [3, 0.5, 0.5])
    let scheme = try LabelScheme(foreground: ["a"])
    let preprocessor = try Preprocessor(plans: plans, configuration: "3d_fullres", labels: scheme)
    let image = Volume<Float>(geometry: geometry(), repeating: 1)
    #expect(throws: NNUNetError.self) {
      try preprocessor.preprocess(RawCase(name: "two", channels: [image, image]))
    }
    #expect(throws: NNUNetError.self) {
      try preprocessor.preprocess(
        RawCase(
          name: "label", channels: [image],
          labels: Volume(geometry: geometry(), repeating: 2)))
    }
    let vast = Volume<Float>(geometry: geometry([1e5, 1e5, 1e5]), repeating: 1)
    #expect(throws: NNUNetError.self) {
      try preprocessor.preprocess(RawCase(name: "vast", channels: [vast]))
    }
    let tiny = Volume<Float>(geometry: geometry([1e-5, 1e-5, 1e-5]), repeating: 1)
    #expect(throws: NNUNetError.self) {
      try preprocessor.preprocess(RawCase(name: "tiny", channels: [tiny]))
    }
    #expect(throws: NNUNetError.self) {
      try RawCase(
        name: "flat",
        channels: [Volume<Float>(geometry: geometry([1, 1, 0]), repeating: 1)])
    }
    var properties = try preprocessor.preprocess(RawCase(name: "c", channels: [image])).properties
    properties.boundingBox[1] = [0, 41]
    let export = try Export(plans: plans, configuration: "3d_fullres", labels: scheme)
    #expect(throws: NNUNetError.self) {
      try export.labels(
        logits: [Float16](repeating: 0, count: 2 * 23040), shape: [16, 40, 36],
        properties: properties)
    }
    #expect(throws: NNUNetError.self) {
      try export.labels(logits: [0], shape: [16, 40, 36], properties: properties)
    }
  }

  @Test func `sample one voxel in a hundred, at least ten thousand`() throws {
    let shape = [12, 100, 100]
    let labels = (0..<120_000).map { Int16($0 % 8 == 0 ? 2 : $0 % 40 == 1 ? 1 : 0) }
    let scheme = try LabelScheme(foreground: ["a", "b", "c"])
    let locations = ClassLocations.sample(labels, shape: shape, scheme: scheme)
    #expect(locations.map(\.count) == [3000, 10_000, 0])
    for entry in locations {
      for i in 0..<entry.count {
        let v = entry.voxel(i)
        if labels[(v[0] * 100 + v[1]) * 100 + v[2]] != Int16(entry.values[0]) {
          Issue.record("voxel \(v)")
        }
      }
    }
  }
}

@Suite struct `Metrics of a prediction` {
  private let geometry = Geometry(
    extent: Extent(slices: 1, rows: 2, columns: 4), spacing: [1, 1, 1])

  @Test func `count voxels and leave Dice undefined where a class is absent`() throws {
    let scheme = try LabelScheme(foreground: ["a", "b"])
    let m = try SegmentationMetrics.measure(
      prediction: Volume(geometry: geometry, voxels: [1, 1, 1, 0, 0, 0, 0, 0]),
      reference: Volume(geometry: geometry, voxels: [1, 1, 0, 1, 0, 0, 0, 0]), labels: scheme)
    #expect(
      m[0]
        == SegmentationMetrics(
          truePositives: 2, falsePositives: 1, falseNegatives: 1, trueNegatives: 4))
    #expect(m[0].dice == 2.0 / 3)
    #expect(m[0].intersectionOverUnion == 0.5)
    #expect(m[1].dice == nil)
    let summary = try SegmentationSummary(
      cases: [.init(predictionFile: "p", referenceFile: "r", metrics: m)], labels: scheme)
    #expect(summary.meanDice(ofClass: 0) == 2.0 / 3)
    #expect(summary.foregroundMeanDice == nil)
    let folder = try TemporaryFolder()
    try summary.write(to: folder.file("summary.json"))
    let text = try String(contentsOf: folder.file("summary.json"), encoding: .utf8)
    #expect(text.contains("\"Dice\": NaN"))
    #expect(try JSON.read(from: folder.file("summary.json"))["mean"]?["1"]?["TP"]?.double == 2)
  }

  @Test func `need one grid`() throws {
    var other = geometry
    other.origin = [5, 0, 0]
    let scheme = try LabelScheme(foreground: ["a"])
    #expect(throws: GeometryError.self) {
      try SegmentationMetrics.measure(
        prediction: Volume(geometry: geometry, repeating: 0),
        reference: Volume(geometry: other, repeating: 0), labels: scheme)
    }
  }
}

@Suite struct `Order statistics` {
  @Test func `are what sorting gives`() {
    var random = SplitMix64(seed: 6)
    for n in [1, 2, 3, 100, 5000] {
      let values = (0..<n).map { i in
        i % 7 == 0 ? Float(i % 3) - 1 : Float.random(in: -1e6...1e6, using: &random)
      }
      let ranks = [0, n / 200, n / 2, n - 1, n / 3]
      let sorted = values.sorted()
      #expect(OrderStatistics.values(of: values, atRanks: ranks) == ranks.map { sorted[$0] })
    }
  }

  @Test func `need foreground somewhere`() throws {
    let geometry = Geometry(
      extent: Extent(slices: 2, rows: 2, columns: 2), spacing: [1, 1, 1])
    let raw = try RawCase(
      name: "empty", channels: [Volume(geometry: geometry, repeating: 1)],
      labels: Volume(geometry: geometry, repeating: 0))
    var builder = FingerprintBuilder(numberOfCases: 1)
    try builder.add(builder.contribution(of: raw))
    #expect(throws: NNUNetError.self) { try builder.finish() }
    #expect(throws: NNUNetError.self) { try FingerprintBuilder(numberOfCases: 0).finish() }
  }
}
