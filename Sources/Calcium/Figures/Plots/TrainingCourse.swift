// SPDX-License-Identifier: Apache-2.0
import Text

extension Plot {
  /// How long each epoch took, over epochs counted from 1.
  public static func epochSeconds(_ seconds: [Double], title: String = "") -> Plot {
    let sorted = seconds.filter(\.isDrawable).sorted()
    let median = sorted.isEmpty ? nil : sorted[sorted.count / 2]
    var series: [Series] = []
    if let median {
      series.append(
        Series(
          .level(
            median, Stroke(.slate, width: 1, dashes: [4, 3]),
            label: "median\n\(NumberFormat.text(median, decimals: median < 10 ? 1 : 0)) s")))
    }
    series.append(Series(.line(course(seconds), Stroke(.blue, width: 1.25))))
    return Plot(
      title: title,
      summary: "Seconds of each of \(counted(seconds.count, "epoch"))"
        + (median.map { "; the median is \(NumberFormat.text($0, decimals: 1)) s." } ?? "."),
      width: 440, height: 240, x: epochs(seconds.count),
      y: Axis("Seconds an epoch", range: 0...max((sorted.last ?? 1) * 1.05, 1e-3), padding: 0),
      series: series)
  }

  /// The learning rate of each epoch, over epochs counted from 1.
  public static func learningRate(_ rates: [Double], title: String = "") -> Plot {
    // Ticks of 0.0001 are hard to read: the axis counts in a power of ten.
    let largest = rates.filter(\.isDrawable).max() ?? 0
    var power = 0
    while power < 12, largest > 0, largest < Double.pow10(-power) { power += 1 }
    let unit = Double.pow10(-power)
    let exponent = String(power).map { "⁰¹²³⁴⁵⁶⁷⁸⁹".map(\.self)[$0.wholeNumberValue ?? 0] }
    let name = power == 0 ? "Learning rate" : "Learning rate · 10" + String(exponent)
    let last = rates.last { $0.isDrawable } ?? 0
    return Plot(
      title: title,
      summary:
        "Learning rate over \(counted(rates.count, "epoch")), from \(rates.first ?? 0) to \(last).",
      width: 440, height: 240, x: epochs(rates.count),
      y: Axis(name, range: 0...max(largest / unit * 1.05, 1e-9), padding: 0),
      series: [
        Series(.line(course(rates.map { $0 / unit }), Stroke(.green, width: 1.5)))
      ])
  }

  private static func course(_ values: [Double]) -> [SIMD2<Double>] {
    values.enumerated().map { SIMD2(Double($0 + 1), $1) }
  }

  private static func epochs(_ count: Int) -> Axis {
    Axis(
      "Epoch", range: count > 1 ? 1...Double(count) : nil, padding: 0.02,
      ticks: epochTicks(count), hasGrid: false)
  }
}

extension Double {
  /// A power of ten with a whole exponent.
  fileprivate static func pow10(_ exponent: Int) -> Double {
    (0..<abs(exponent)).reduce(1.0) { power, _ in exponent < 0 ? power / 10 : power * 10 }
  }
}
