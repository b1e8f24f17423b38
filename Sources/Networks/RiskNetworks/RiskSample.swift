// SPDX-License-Identifier: Apache-2.0

/// What is known of one subject: its image, its row of the table, and what became of it.
public struct RiskSample: Sendable {
  /// The image: channels × z × y × x, x fastest; empty where no network looks at it.
  public var image: [Float]
  /// The row of the table, scaled to about mean 0 and deviation 1.
  public var table: [Float]
  /// The years of follow-up.
  public var time: Double
  /// Whether the event ended the follow-up.
  public var hasEvent: Bool
  /// Whether the event came by the horizon, 0 or 1; read by the loss of events alone.
  public var outcome: Float
  /// The weight in the loss of events: 0 where the subject was censored before the horizon.
  public var weight: Float

  /// A subject; it is checked against the design when it is used.
  public init(
    image: [Float], table: [Float], time: Double, hasEvent: Bool, outcome: Float = 0,
    weight: Float = 1
  ) {
    self.image = image
    self.table = table
    self.time = time
    self.hasEvent = hasEvent
    self.outcome = outcome
    self.weight = weight
  }
}
