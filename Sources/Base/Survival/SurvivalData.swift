// SPDX-License-Identifier: Apache-2.0

/// Follow-up of a cohort: for each subject how long it was watched, and whether the event ended that.
public struct SurvivalData: Codable, Sendable {
  /// The time of the event or of the end of follow-up, at least 0.
  public var times: [Double]
  /// Whether the event happened; censored where false.
  public var events: [Bool]
  /// The weights of the subjects, above 0; 1 each where none are given.
  public var weights: [Double]

  /// A cohort.
  ///
  /// - Throws: `SurvivalError` that names the subject whose time or weight cannot be.
  public init(times: [Double], events: [Bool], weights: [Double]? = nil) throws(SurvivalError) {
    guard times.count == events.count, weights.map({ $0.count == times.count }) ?? true else {
      throw SurvivalError(
        "\(times.count) times, \(events.count) events and \(weights?.count ?? times.count) weights")
    }
    guard !times.isEmpty else { throw SurvivalError("no subject") }
    if let bad = times.firstIndex(where: { !($0 >= 0 && $0.isFinite) }) {
      throw SurvivalError("subject \(bad + 1): the time \(times[bad]) cannot be")
    }
    if let weights, let bad = weights.firstIndex(where: { !($0 > 0 && $0.isFinite) }) {
      throw SurvivalError("subject \(bad + 1): the weight \(weights[bad]) cannot be")
    }
    self.times = times
    self.events = events
    self.weights = weights ?? Array(repeating: 1, count: times.count)
  }

  /// The number of subjects.
  public var count: Int { times.count }
}

/// Why an analysis of follow-up is impossible.
public struct SurvivalError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The reason.
  public let description: String

  /// A failure with its reason.
  public init(_ reason: String) { description = reason }
}
