// SPDX-License-Identifier: Apache-2.0
import Learning
import Random
import Torch

/// A network that has forgotten a part of what it learnt: its initial weights in their place.
enum RandomisedNetwork {
  /// What is forgotten, always from the head on (Adebayo 2018, section 4).
  enum Part: String {
    case head, decoder, all

    /// Whether a parameter belongs to it.
    func holds(_ name: String) -> Bool {
      switch self {
      case .head: ParameterName.isHead(name)
      case .decoder: name.hasPrefix("decoder.")
      case .all: true
      }
    }
  }

  /// The parts, each within the next.
  static let parts: [Part] = [.head, .decoder, .all]

  /// A copy of a network with initial weights, always the same, in a part of it.
  static func make(_ network: any ProbedNetwork, _ part: Part) throws -> any ProbedNetwork {
    var generator = SplitMix64(seed: 1)
    let device = try network.tensors.first?.device ?? .cpu
    let copy = try UNet(network.architecture, on: device, using: &generator)
    try copy.load(network.state.filter { !part.holds($0.key) }, partial: true)
    return copy
  }
}
