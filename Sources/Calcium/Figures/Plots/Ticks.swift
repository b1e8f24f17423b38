// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Round numbers to mark along an axis.
public enum Ticks {
  /// Ticks between two values on a scale.
  public static func chosen(from low: Double, to high: Double, scale: Scale) -> [Tick] {
    switch scale {
    case .linear: linear(from: low, to: high)
    case .log1p: log1p(from: low, to: high)
    }
  }

  /// About `count` ticks whose steps are 1, 2 or 5 times a power of ten.
  public static func linear(from low: Double, to high: Double, count: Int = 5) -> [Tick] {
    guard low.isDrawable, high.isDrawable, high > low, count > 0 else { return [] }
    let raw = (high - low) / Double(count)
    let power = pow(10, floor(log10(raw)))
    guard power > 0, power.isFinite else { return [] }
    // The ratio decides: twice too many ticks are as bad as half of them.
    let step =
      ([1, 2, 5, 10].min { abs(log($0 * power / raw)) < abs(log($1 * power / raw)) } ?? 1) * power
    let first = (low / step - 1e-9).rounded(.up)
    let last = (high / step + 1e-9).rounded(.down)
    guard abs(first) < 1e12, abs(last) < 1e12, last - first < 1_000, last >= first else {
      return []
    }
    return (Int(first)...Int(last)).map { i in
      let value = Double(i) * step
      return Tick(value, NumberFormat.text(value, step: step))
    }
  }

  /// Zero and the powers of ten, both signs, with unlabelled ticks at their multiples.
  ///
  /// A range that holds fewer than two labelled ticks gets linear ones instead. From eight decades
  /// on only every second, third … power is labelled.
  public static func log1p(from low: Double, to high: Double) -> [Tick] {
    guard low.isDrawable, high.isDrawable, high > low else { return [] }
    let largest = max(abs(low), abs(high))
    let decades = largest < 1 ? -1 : Int(floor(log10(largest) + 1e-12))
    let every = max(1, (decades + 7) / 8)
    var ticks = [Tick(0, "0")]
    for decade in stride(from: 0, through: max(decades, -1), by: 1) {
      let power = pow(10, Double(decade))
      let isLabelled = decade % every == 0
      for multiple in 1...9 where multiple == 1 || decades < 8 {
        let value = power * Double(multiple)
        let text = multiple == 1 && isLabelled ? NumberFormat.text(value) : ""
        ticks.append(Tick(value, text))
        ticks.append(Tick(-value, text.isEmpty ? "" : "\u{2212}" + text))
      }
    }
    let inside = ticks.filter { $0.value >= low && $0.value <= high }
    if inside.count(where: { !$0.label.isEmpty }) < 2 { return linear(from: low, to: high) }
    return inside.sorted { $0.value < $1.value }
  }
}

/// ln(1 + v), exact for small v.
func log1pOf(_ value: Double) -> Double { log1p(value) }

/// eᵛ − 1, exact for small v.
func expm1Of(_ value: Double) -> Double { expm1(value) }
