// SPDX-License-Identifier: Apache-2.0

/// The losses of a training, step by step.
public struct StageHistory: Hashable, Sendable {
  /// The names of the parts of the loss.
  public private(set) var names: [String] = []
  /// The values of the parts of each step, in the order of the names.
  public private(set) var steps: [[Double]] = []

  /// A history of no steps.
  public init() {}

  /// A stored history; nil where the numbers of values do not fit the names.
  init?(names: [String], steps: [[Double]]) {
    guard steps.allSatisfy({ $0.count == names.count }) else { return nil }
    self.names = names
    self.steps = steps
  }

  /// Adds a step, whose parts are those of the steps before.
  mutating func append(_ parts: [(name: String, value: Double)]) throws {
    if steps.isEmpty { names = parts.map(\.name) }
    guard names == parts.map(\.name) else {
      throw StagesError(
        .state, subject: "step \(steps.count)", detail: "its loss has other parts than before")
    }
    steps.append(parts.map(\.value))
  }

  /// The mean of each part over the last steps, for a log; no entries before the first step.
  public func mean(last count: Int) -> [(name: String, value: Double)] {
    let recent = steps.suffix(max(1, count))
    guard !recent.isEmpty else { return [] }
    return names.enumerated().map { i, name in
      (name, recent.reduce(0) { $0 + $1[i] } / Double(recent.count))
    }
  }
}
