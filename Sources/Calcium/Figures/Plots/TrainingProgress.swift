// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Text

extension Plot {
  /// The picture of a training under way, as nnU-Net's `progress.png` has it: losses and
  /// pseudo-Dice, the seconds of each epoch, and the learning rate, one above the other.
  public static func trainingProgress(
    _ history: TrainingHistory, seconds: [Double], learningRates: [Double], title: String = ""
  ) throws(FigureError) -> Data {
    let curves = learningCurve(history, title: title)
    func small(_ axis: Axis, _ values: [Double], _ color: Color, _ what: String) -> Plot {
      let points = values.enumerated().map { SIMD2(Double($0 + 1), $1) }
      // A line of one epoch cannot be seen.
      let mark: Mark =
        points.count > 1
        ? .line(points, Stroke(color, width: 1.4)) : .points(points, PointStyle(color))
      return Plot(
        summary: "\(what) of \(counted(values.count, "epoch")).", width: curves.width, height: 150,
        x: curves.x, y: axis, series: [Series(mark)])
    }
    let longest = seconds.filter { $0.isDrawable }.max() ?? 1
    return try png(stacking: [
      curves,
      small(
        Axis("Seconds", range: 0...max(longest, 1e-3), padding: 0.04), seconds, .vermilion,
        "Seconds"),
      small(Axis("Learning rate"), learningRates, .blue, "Learning rate"),
    ])
  }
}
