// SPDX-License-Identifier: Apache-2.0

/// A range of Hounsfield units that one input channel shows.
public struct HUWindow: Codable, Hashable, Sendable {
  /// The number of Hounsfield units that becomes -1; so does everything below.
  public var low: Float
  /// The number of Hounsfield units that becomes 1; so does everything above.
  public var high: Float

  /// A window between two numbers of Hounsfield units.
  public init(_ low: Float, _ high: Float) {
    self.low = low
    self.high = high
  }

  /// The value that a network sees: clipped to the window, then scaled to -1…1.
  public func callAsFunction(_ hu: Float) -> Float {
    min(max(hu, low), high) * scale + shift
  }

  /// What a Hounsfield unit is multiplied by.
  var scale: Float { 2 / (high - low) }
  /// What is added afterwards.
  var shift: Float { -(high + low) / (high - low) }
  /// Whether the numbers are a range.
  var isRange: Bool { low.isFinite && high.isFinite && low < high && (high - low).isFinite }
}
