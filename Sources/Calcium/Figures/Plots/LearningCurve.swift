// SPDX-License-Identifier: Apache-2.0
import Text

/// What a training logged, one value an epoch.
public struct TrainingHistory: Sendable {
  /// The training loss.
  public var trainingLoss: [Double]
  /// The validation loss.
  public var validationLoss: [Double]
  /// The pseudo-Dice over validation patches, 0…1 (nnU-Net's quick estimate, not the real Dice).
  public var pseudoDice: [Double]
  /// The pseudo-Dice as a running average; empty leaves it out.
  public var smoothedPseudoDice: [Double]

  /// A history; arrays may differ in length while an epoch is under way, NaN leaves a gap.
  public init(
    trainingLoss: [Double], validationLoss: [Double], pseudoDice: [Double],
    smoothedPseudoDice: [Double] = []
  ) {
    self.trainingLoss = trainingLoss
    self.validationLoss = validationLoss
    self.pseudoDice = pseudoDice
    self.smoothedPseudoDice = smoothedPseudoDice
  }
}

extension Plot {
  /// Losses on the left axis and pseudo-Dice on the right one, over epochs counted from 1.
  public static func learningCurve(_ history: TrainingHistory, title: String = "") -> Plot {
    func curve(_ values: [Double]) -> [SIMD2<Double>] {
      values.enumerated().map { SIMD2(Double($0 + 1), $1) }
    }
    let epochs =
      [
        history.trainingLoss, history.validationLoss, history.pseudoDice,
        history.smoothedPseudoDice,
      ].map(\.count).max() ?? 0
    let hasAverage = !history.smoothedPseudoDice.isEmpty
    var series = [
      Series(.line(curve(history.trainingLoss), Stroke(.blue, width: 1.4)), name: "training loss"),
      Series(
        .line(
          curve(history.validationLoss), Stroke(.vermilion, width: 1.4, dashes: [5, 2.5])),
        name: "validation loss"),
      Series(
        .line(
          curve(history.pseudoDice),
          Stroke(hasAverage ? Color(0x9FD8C6) : .green, width: hasAverage ? 0.8 : 1.25)),
        name: "pseudo-Dice (right axis)", isOnRight: true),
    ]
    if hasAverage {
      series.append(
        Series(
          .line(
            curve(history.smoothedPseudoDice), Stroke(.green, width: 1.75, dashes: [1.5, 1.5])),
          name: "its running average", isOnRight: true))
    }
    let last = history.pseudoDice.last { $0.isDrawable }
    return Plot(
      title: title,
      summary: "Training and validation loss and pseudo-Dice over \(counted(epochs, "epoch"))"
        + (last.map { "; the last pseudo-Dice is \(NumberFormat.text($0, decimals: 3))." } ?? "."),
      width: 520, height: 300,
      x: Axis(
        "Epoch", range: epochs > 1 ? 1...Double(epochs) : nil, padding: 0.02,
        ticks: epochTicks(epochs), hasGrid: false),
      y: Axis("Loss"),
      right: Axis("Pseudo-Dice", range: 0...1, padding: 0.04, hasGrid: false),
      series: series)
  }

  /// At most eight whole numbers from 1 on; there is no epoch one and a half.
  static func epochTicks(_ epochs: Int) -> [Tick] {
    var (step, factors, next) = (1, [2, 5, 10], 0)
    var decade = 1
    while epochs / step > 8 {
      step = decade * factors[next]
      next += 1
      if next == 3 { (next, decade) = (0, decade * 10) }
    }
    let rest = stride(from: step, through: epochs, by: step).filter { $0 > 1 }
    return ([1] + rest).map { Tick(Double($0), "\($0)") }
  }
}
