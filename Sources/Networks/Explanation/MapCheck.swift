// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import Statistics
import Torch

/// Whether a map depends on what the network has learnt, and how well it ranks voxels.
public struct MapCheck: Sendable, Codable, Hashable {
  /// The rank correlation of the map's magnitudes with those of a network whose weights are random from
  /// the head to some stage (Adebayo 2018, cascading randomisation), −1 to 1.
  public struct Randomised: Sendable, Codable, Hashable {
    /// Up to where weights are random: "head", "decoder" or "all".
    public let part: String
    /// Spearman's ρ; 0 where a map is constant.
    public let similarity: Double
  }

  /// The similarities, from the head alone to the whole network.
  public let randomised: [Randomised]
  /// The area under the deletion curve: voxels vanish into the baseline, the highest first (Petsiuk
  /// 2018).
  ///
  /// 1 is the number of the image, 0 that of the baseline; less is better.
  public let deletion: Double
  /// The area under the insertion curve: voxels come back, the highest first; more is better.
  public let insertion: Double

  /// The similarity from which a map fails: a quarter of its ranks' variance has nothing to do with what
  /// the network has learnt.
  public static let failure = 0.5

  /// Whether the map changes when all weights are random.
  public var isSane: Bool { abs(randomised.last?.similarity ?? 1) < Self.failure }

  /// The shares of voxels of both curves; lesions are less than a hundredth of a window, so that the
  /// steps are even by their logarithm.
  public static let shares = [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3]

  /// Checks of given values.
  init(randomised: [Randomised], deletion: Double, insertion: Double) {
    (self.randomised, self.deletion, self.insertion) = (randomised, deletion, insertion)
  }

  /// The checks of a method in one window.
  init(
    _ explainer: NetworkExplainer, image: Tensor, baseline: Tensor, weights: Tensor,
    _ options: NetworkExplainer.Options
  ) throws {
    var options = options
    if let last = options.stages.last { options.stages = [last] }
    func magnitudes(_ explainer: NetworkExplainer) throws -> [Float] {
      let maps = try explainer.maps(of: image, baseline: baseline, weights: weights, options)
      guard let map = maps.values.first else { return [] }
      return try map.absolute().floats()
    }
    let map = try magnitudes(explainer)
    randomised = try RandomisedNetwork.parts.map { part in
      try Task.checkCancellation()
      let random = try RandomisedNetwork.make(explainer.network, part)
      let other = try magnitudes(NetworkExplainer(random))
      return Randomised(part: part.rawValue, similarity: try Self.similarity(map, other))
    }
    (deletion, insertion) = try Self.areas(
      explainer, image: image, baseline: baseline, weights: weights, map: map)
  }

  /// Spearman's ρ over at most 20,000 evenly spread voxels.
  static func similarity(_ a: [Float], _ b: [Float]) throws -> Double {
    let step = max(1, a.count / 20_000)
    let indices = Array(stride(from: 0, to: min(a.count, b.count), by: step))
    let (x, y) = (indices.map { Double(a[$0]) }, indices.map { Double(b[$0]) })
    guard Set(x.prefix(10_000)).count > 1 || Set(x).count > 1, Set(y).count > 1 else { return 0 }
    return try spearman(x, y).coefficient
  }

  /// The areas under the curves of deletion and insertion, as means over the shares.
  private static func areas(
    _ explainer: NetworkExplainer, image: Tensor, baseline: Tensor, weights: Tensor, map: [Float]
  ) throws -> (Double, Double) {
    let full = try explainer.value(of: image, weights: weights)
    let none = try explainer.value(of: baseline, weights: weights)
    guard abs(full - none) > 1e-12 else { return (.nan, .nan) }
    let order = map.indices.sorted { (map[$1], $0) < (map[$0], $1) }
    let size = Array(image.shape.dropFirst(2))
    var (deleted, inserted) = (0.0, 0.0)
    for share in shares {
      try Task.checkCancellation()
      var chosen = [Float](repeating: 0, count: map.count)
      for i in order.prefix(max(1, Int(share * Double(map.count)))) { chosen[i] = 1 }
      let mask = try Tensor(chosen, shape: [1, 1] + size).to(image.device)
      let difference = try (image - baseline) * mask
      let without = try explainer.value(of: image - difference, weights: weights)
      let with = try explainer.value(of: baseline + difference, weights: weights)
      deleted += (without - none) / (full - none)
      inserted += (with - none) / (full - none)
    }
    return (deleted / Double(shares.count), inserted / Double(shares.count))
  }
}
