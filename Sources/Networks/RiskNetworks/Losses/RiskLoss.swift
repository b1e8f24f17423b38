// SPDX-License-Identifier: Apache-2.0
import Torch

/// What a network of risk learns to foretell.
public enum RiskLoss: String, Codable, CaseIterable, Hashable, Sendable {
  /// Who has the event before whom: Cox's partial likelihood of each batch, with Breslow's ties.
  case cox
  /// Who has the event by the horizon: cross-entropy, where each counts by its weight.
  case event

  /// Whether something can be learned from a batch.
  ///
  /// A batch without an event has a constant partial likelihood; one in which everybody was censored before
  /// the horizon has no outcome.
  func teaches(_ samples: [RiskSample]) -> Bool {
    switch self {
    case .cox: samples.contains(where: \.hasEvent)
    case .event: samples.contains { $0.weight > 0 }
    }
  }

  /// The loss of scores (batch), one value.
  ///
  /// - Parameters:
  ///   - scores: the network's scores, in the order of the samples.
  ///   - samples: the subjects; `teaches` must hold.
  func callAsFunction(_ scores: Tensor, _ samples: [RiskSample]) throws -> Tensor {
    switch self {
    case .cox: try Self.partialLikelihood(scores, samples)
    case .event: try Self.crossEntropy(scores, samples)
    }
  }

  /// −1/d Σ over the d subjects i with an event of η(i) − ln Σ exp η(j) over all j watched at least as
  /// long as i (Cox 1972; Breslow's ties; as in Katzman 2018 for networks, over the batch alone).
  private static func partialLikelihood(_ scores: Tensor, _ samples: [RiskSample]) throws -> Tensor
  {
    let device = try scores.device
    // The longest time first: the sum up to a place is that over all who are watched as long.
    let order = samples.indices.sorted { (samples[$1].time, $0) < (samples[$0].time, $1) }
    var events: [Int] = []
    // The last place of those with the same time, where the sum holds all of them.
    var ends: [Int] = []
    for (place, i) in order.enumerated() where samples[i].hasEvent {
      events.append(place)
      var end = place
      while end + 1 < order.count, samples[order[end + 1]].time == samples[i].time { end += 1 }
      ends.append(end)
    }
    let sorted = try scores.selected(0, indices: Tensor(order).to(device))
    let risks = try sorted.logCumulativeSum(0).selected(0, indices: Tensor(ends).to(device))
    return try (risks - sorted.selected(0, indices: Tensor(events).to(device))).mean()
  }

  /// Σ w(i) CE(i) / Σ w(i).
  private static func crossEntropy(_ scores: Tensor, _ samples: [RiskSample]) throws -> Tensor {
    let device = try scores.device
    let total = samples.reduce(Float(0)) { $0 + $1.weight }
    let weights = try Tensor(samples.map { $0.weight / total }).to(device)
    let outcomes = try Tensor(samples.map(\.outcome)).to(device)
    return try (scores.binaryCrossEntropy(outcomes, reduction: .none) * weights).sum()
  }
}
