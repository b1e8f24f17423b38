// SPDX-License-Identifier: Apache-2.0

/// How values are laid out along an axis.
///
/// The raw values are the words of `--axes`.
public enum Scale: String, CaseIterable, Sendable {
  /// sign(v) · ln(1 + |v|): logarithmic for large scores, with room for zero and below.
  case log1p
  /// Equal steps for equal differences.
  case linear

  /// The position of a value on the scale, in its own units.
  public func position(_ value: Double) -> Double {
    switch self {
    case .linear: value
    case .log1p: value < 0 ? -log1pOf(-value) : log1pOf(value)
    }
  }

  /// The value at a position on the scale.
  public func value(at position: Double) -> Double {
    switch self {
    case .linear: position
    case .log1p: position < 0 ? -expm1Of(-position) : expm1Of(position)
    }
  }
}

/// A mark on an axis.
public struct Tick: Hashable, Sendable {
  /// Where it stands, in data units.
  public var value: Double
  /// What is written beside it; a line break starts a second line, empty leaves a small mark.
  public var label: String

  /// A tick at a value.
  public init(_ value: Double, _ label: String = "") {
    self.value = value
    self.label = label
  }
}

/// One axis of a plot.
public struct Axis: Sendable {
  /// What is shown, with its unit.
  public var label: String
  /// How values are laid out.
  public var scale: Scale
  /// The values to cover; `nil` takes them from the data.
  public var range: ClosedRange<Double>?
  /// The margin left free at both ends, as a fraction of the axis.
  public var padding: Double
  /// The ticks; `nil` chooses them.
  public var ticks: [Tick]?
  /// Whether values grow leftwards or downwards, as in a matrix.
  public var isReversed: Bool
  /// Whether a faint line crosses the plot at every labelled tick.
  public var hasGrid: Bool

  /// An axis; by default linear, over the data, with chosen ticks.
  public init(
    _ label: String, scale: Scale = .linear, range: ClosedRange<Double>? = nil,
    padding: Double = 0.04, ticks: [Tick]? = nil, isReversed: Bool = false, hasGrid: Bool = true
  ) {
    self.label = label
    self.scale = scale
    self.range = range
    self.padding = padding
    self.ticks = ticks
    self.isReversed = isReversed
    self.hasGrid = hasGrid
  }
}

/// An axis with its final range and ticks, which maps values to 0…1 along it.
struct SettledAxis: Sendable {
  let axis: Axis
  /// The positions, on the scale, of both ends.
  let low: Double
  let high: Double
  let ticks: [Tick]

  /// Gives an axis its range and ticks from the values that are drawn along it; those that cannot
  /// be drawn are ignored.
  init(_ axis: Axis, over values: some Sequence<Double>) {
    var bounds: (low: Double, high: Double)?
    func cover(_ value: Double) {
      guard value.isDrawable else { return }
      bounds = bounds.map { (min($0.low, value), max($0.high, value)) } ?? (value, value)
    }
    if let range = axis.range {
      cover(range.lowerBound)
      cover(range.upperBound)
    }
    if bounds == nil { values.forEach(cover) }
    let covered = bounds ?? (0, 1)
    var low = axis.scale.position(covered.low)
    var high = axis.scale.position(covered.high)
    // One value, or values that differ by rounding alone, still get an axis around them.
    if high - low <= 1e-9 * max(abs(low), abs(high)) || high - low < 1e-300 {
      let room = max(abs(low) * 0.1, 0.5)
      low -= room
      high += room
    }
    let padding = axis.padding.isFinite ? min(max(axis.padding, 0), 1) * (high - low) : 0
    self.axis = axis
    self.low = low - padding
    self.high = high + padding
    let ends = (axis.scale.value(at: self.low), axis.scale.value(at: self.high))
    let candidates = axis.ticks ?? Ticks.chosen(from: ends.0, to: ends.1, scale: axis.scale)
    let tolerance = 1e-9 * (high - low)
    ticks = candidates.filter { tick in
      guard tick.value.isDrawable else { return false }
      let p = axis.scale.position(tick.value)
      return p >= low - padding - tolerance && p <= high + padding + tolerance
    }
  }

  /// The position of a value along the axis: 0 at the left or bottom, 1 at the right or top.
  ///
  /// Held within −2…3, so that a stray value cannot reach coordinates that overflow in a file.
  func fraction(_ value: Double) -> Double {
    let f = (axis.scale.position(value) - low) / (high - low)
    return min(max(axis.isReversed ? 1 - f : f, -2), 3)
  }
}

extension Double {
  /// Whether a figure can show this number: not NaN, not infinite, and small enough to subtract.
  var isDrawable: Bool { isFinite && abs(self) <= 1e100 }
}
