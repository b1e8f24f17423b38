// SPDX-License-Identifier: Apache-2.0
import Figures
import Foundation
import TestSupport
import Volume

/// Made-up data that look like a study's.
enum Samples {
  static let classes = ["very low", "low", "moderate", "moderately high", "high"]

  /// Scores over five decades with noise, zeros and a missing value.
  static func agreement(count: Int = 87) throws -> PairedValues {
    var random = SplitMix64(seed: 7)
    var reference: [Double] = []
    var computed: [Double] = []
    for i in 0..<count {
      let score = i % 12 == 0 ? 0 : exp(Double.random(in: 0...8.4, using: &random))
      reference.append(score)
      computed.append(
        i % 24 == 0 ? 2 : score * exp(Double.random(in: -0.35...0.25, using: &random)))
    }
    computed[3] = .nan
    return try PairedValues(quantity: "Agatston score", reference: reference, computed: computed)
  }

  static func history(epochs: Int = 200) -> TrainingHistory {
    var random = SplitMix64(seed: 3)
    var history = TrainingHistory(trainingLoss: [], validationLoss: [], pseudoDice: [])
    var average = 0.0
    for epoch in 0..<epochs {
      let progress = 1 - exp(-Double(epoch) / 40)
      let noise = Double.random(in: -0.04...0.04, using: &random)
      history.trainingLoss.append(0.6 - 1.35 * progress + noise)
      history.validationLoss.append(0.55 - 1.15 * progress + 1.6 * noise)
      let dice = max(0, 0.82 * progress + 1.5 * noise)
      history.pseudoDice.append(dice)
      average = epoch == 0 ? dice : 0.9 * average + 0.1 * dice
      history.smoothedPseudoDice.append(average)
    }
    return history
  }

  /// A noisy chest with a heart, a plaque in both masks and one in the prediction only.
  static func overlay(_ options: Overlay.Options = .init()) throws -> Overlay {
    try Overlay(
      ct: chest.ct, reference: chest.reference, prediction: chest.prediction, options: options)
  }

  private static let chest:
    (ct: Volume<Int16>, reference: Volume<UInt8>, prediction: Volume<UInt8>) = {
      let extent = Extent(slices: 3, rows: 512, columns: 512)
      let geometry = Geometry(extent: extent, spacing: [0.39, 0.39, 3])
      var random = SplitMix64(seed: 11)
      var ct = Volume<Int16>(geometry: geometry, repeating: -1000)
      var reference = Volume<UInt8>(geometry: geometry, repeating: 0)
      var prediction = Volume<UInt8>(geometry: geometry, repeating: 0)
      func within(_ x: Int, _ y: Int, _ a: Double, _ b: Double, _ cx: Double, _ cy: Double) -> Bool
      {
        let (u, v) = ((Double(x) - cx) / a, (Double(y) - cy) / b)
        return u * u + v * v < 1
      }
      for z in 0..<3 {
        for y in 0..<512 {
          for x in 0..<512 {
            var hu = -1000.0
            if within(x, y, 250, 200, 256, 256) { hu = -80 }
            if within(x, y, 225, 170, 256, 250) { hu = -850 }
            if within(x, y, 120, 100, 290, 240) { hu = -90 }
            if within(x, y, 105, 85, 290, 242) { hu = 40 }
            if within(x, y, 30, 30, 270, 400) { hu = 400 }
            let plaque = within(x, y, 9, 4, 300, 180 + Double(z)) || within(x, y, 4, 4, 311, 186)
            let second = within(x, y, 4, 3, 340, 215) && z > 0
            if plaque { hu = 420 }
            if second { hu = 210 }
            hu += (0..<4).reduce(0.0) { sum, _ in sum + Double.random(in: -22...22, using: &random)
            }
            ct[z, y, x] = Int16(min(max(hu, -1024), 3071).rounded())
            if plaque, hu >= 130 { reference[z, y, x] = 1 }
            if within(x, y, 9, 4, 301, 180 + Double(z)) || second { prediction[z, y, x] = 1 }
          }
        }
      }
      return (ct, reference, prediction)
    }()

  static func figures() throws -> [(name: String, plot: Plot)] {
    let agreement = try agreement()
    return [
      (
        "scatter",
        .scatter(
          agreement, title: "Held-out subjects",
          regression: .init(slope: 0.93, intercept: 2.1), classBounds: [1, 10, 100, 400],
          notes: ["Spearman ρ = 0.973 (0.955–0.984)", "Pearson r = 0.988"])
      ),
      ("scatter-linear", .scatter(agreement, scale: .linear, notes: ["Pearson r = 0.988"])),
      (
        "confusion",
        try .confusionMatrix(
          [
            [7, 1, 0, 0, 0], [1, 11, 2, 0, 0], [0, 2, 27, 1, 0], [0, 0, 1, 20, 0],
            [0, 0, 0, 2, 12],
          ], classes: classes, title: "Risk classes", notes: ["weighted κ = 0.94"])
      ),
      ("learning", .learningCurve(history(), title: "Fold 0, 3d_fullres")),
      (
        "epoch-seconds",
        .epochSeconds((0..<60).map { 30 + Double($0 * 7 % 5) }, title: "Seconds")
      ),
      (
        "learning-rate",
        .learningRate((0..<60).map { 0.01 * (1 - Double($0) / 61) }, title: "Learning rate")
      ),
      (
        "shares",
        .shares(
          [
            .init(label: "small\n9 | 4", values: [(0.2, 0.05...0.6), nil]),
            .init(label: "large\n40 | 38", values: [(0.95, 0.8...0.99), (0.9, nil)]),
          ], names: ["found", "right"], title: "By size", x: "Size", y: "Share",
          summary: "Shares of lesions by size.")
      ),
      (
        "free-response",
        .freeResponse(
          [
            ("2d", [[0, 0.2], [0.3, 0.6], [1.2, 0.8]]),
            ("3d", [[0, 0.4], [0.1, 0.7], [0.9, 0.75]]),
          ], title: "Free response")
      ),
      (
        "forest",
        .forest(
          [
            .init(label: "soft\nn = 40", values: [(0.91, 0.84...0.96), (0.8, 0.7...0.9)]),
            .init(label: "sharp\nn = 6", values: [nil, (0.5, 0.1...0.85)]),
            .init(label: "everyone\nn = 46", values: [(0.9, 0.85...0.94), (0.78, nil)]),
          ], names: ["Spearman ρ", "linear κ"], reference: [0.9, nil], title: "By kernel",
          x: "Value", summary: "Metrics by kernel.")
      ),
      (
        "bland-altman",
        .blandAltman(
          agreement, title: "Differences",
          limits: .init(bias: -18.3, lower: -190.2, upper: 153.6))
      ),
      (
        "bars",
        Plot(
          title: "Artery shares", summary: "Bars of the share of each artery.", width: 300,
          height: 220,
          x: Axis(
            "Artery",
            ticks: ["LM", "LAD", "LCX", "RCA"].enumerated().map { Tick(Double($0), $1) },
            hasGrid: false), y: Axis("Share of points (%)"),
          series: [
            Series(
              .band(x: [0, 1, 2, 3], lower: [0, 35, 10, 30], upper: [8, 50, 22, 42], .skyBlue),
              name: "range"),
            Series(
              .bars([[0, 4], [1, 43], [2, 16], [3, 36]], width: 0.6, .blue), name: "share"),
          ])
      ),
    ]
  }
}
