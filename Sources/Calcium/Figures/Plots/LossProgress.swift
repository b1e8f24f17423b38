// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// What a training that counts in steps logged: one value for each line of its log.
public struct LossHistory: Sendable {
  /// The part of a loss, or the whole, by name.
  public struct Curve: Sendable {
    /// What the legend calls it.
    public var name: String
    /// Its value in each line.
    public var values: [Double]

    /// A curve.
    public init(_ name: String, _ values: [Double]) {
      self.name = name
      self.values = values
    }
  }

  /// The steps that were done at each line.
  public var steps: [Int]
  /// The loss, then its parts.
  public var curves: [Curve]
  /// The seconds since the line before; NaN where they are not known.
  public var seconds: [Double]
  /// The learning rate of each line.
  public var learningRates: [Double]

  /// A history; all lists have a value for each line.
  public init(steps: [Int], curves: [Curve], seconds: [Double], learningRates: [Double]) {
    self.steps = steps
    self.curves = curves
    self.seconds = seconds
    self.learningRates = learningRates
  }
}

extension Plot {
  /// The picture of a training that counts in steps: the loss and its parts, the seconds of each line,
  /// and the learning rate, one above the other.
  public static func lossProgress(_ history: LossHistory, title: String = "")
    throws(FigureError) -> Data
  {
    let last = history.steps.last ?? 0
    let x = Axis("Step", range: last > 0 ? 0...Double(last) : nil, padding: 0.02, hasGrid: false)
    func mark(_ values: [Double], _ stroke: Stroke) -> Mark {
      let points = zip(history.steps, values).map { SIMD2(Double($0), $1) }
      // A line of one point cannot be seen.
      return points.count > 1 ? .line(points, stroke) : .points(points, PointStyle(stroke.color))
    }
    let styles = [
      Stroke(.ink, width: 1.75), Stroke(.blue, width: 1.4, dashes: [5, 2.5]),
      Stroke(.vermilion, width: 1.4, dashes: [1.5, 1.5]), Stroke(.green, width: 1.25),
    ]
    let series = history.curves.enumerated().map { i, curve in
      Series(mark(curve.values, styles[i % styles.count]), name: curve.name)
    }
    func small(_ axis: Axis, _ values: [Double], _ color: Color, _ summary: String) -> Plot {
      Plot(
        summary: summary, width: 520, height: 150, x: x, y: axis,
        series: [Series(mark(values, Stroke(color, width: 1.4)))])
    }
    let longest = history.seconds.filter { $0.isDrawable }.max() ?? 1
    let highest = history.learningRates.filter { $0.isDrawable }.max() ?? 0
    return try png(stacking: [
      Plot(
        title: title, summary: "The loss and its parts over \(last) steps.", width: 520,
        height: 300, x: x, y: Axis("Loss"), series: series),
      small(
        Axis("Seconds", range: 0...max(longest, 1e-3), padding: 0.04), history.seconds,
        .vermilion, "Seconds between the lines of the log."),
      small(
        Axis("Learning rate", range: 0...max(highest, 1e-9), padding: 0.04), history.learningRates,
        .blue, "The learning rate."),
    ])
  }
}
