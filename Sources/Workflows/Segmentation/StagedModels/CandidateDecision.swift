// SPDX-License-Identifier: Apache-2.0
import Stages

/// What a candidate was taken for.
package enum CandidateDecision: Hashable, Sendable {
  /// Calcium of a coronary artery, by its name; it is scored.
  case coronary(String)
  /// Calcium that is scored beside the total.
  case beside(NonCoronarySite)
  /// Anything else, by the classifier's class; "away" where the place alone decided.
  case nothing(String)

  /// What a candidate was taken for by the model, and, where it is no calcium of an artery, by its most
  /// likely class.
  init(of candidate: StageCandidate) {
    if candidate.name != "none" {
      self = .coronary(candidate.name)
      return
    }
    let others = candidate.probabilities.filter { !StagedModel.arteries.contains($0.key) }
    // The first by name of equally likely ones, so that a result does not depend on the order.
    let likeliest = others.max { ($0.value, $1.key) < ($1.value, $0.key) }
    guard let likeliest else {
      self = .nothing("away")
      return
    }
    self = NonCoronarySite(rawValue: likeliest.key).map(Self.beside) ?? .nothing(likeliest.key)
  }

  /// The word in tables.
  package var word: String {
    switch self {
    case .coronary(let name): name
    case .beside(let site): site.rawValue
    case .nothing(let name): name
    }
  }

  /// Whether it is scored in the total.
  package var isCoronary: Bool {
    if case .coronary = self { true } else { false }
  }
}

/// A place of calcium beside the coronary arteries; the raw value is the class's name.
package enum NonCoronarySite: String, CaseIterable, Codable, Sendable {
  /// The wall of the aorta and its root.
  case aorta
  /// The aortic and the mitral valve with its ring.
  case valve
}
