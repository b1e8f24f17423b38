// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Phantom
import Segmentation
import Stages
import Testing
import Volume

@testable import Explain

/// The pointing game of the default model's classifier on synthetic scans (Zhang 2018, section 4.1).
///
/// The highest place of a map is held against known calcium, and against what any place would hit.
@Suite struct `A map of the default model` {
  private struct Game {
    var tries = 0
    var hits = 0
    /// The hits of a place drawn anywhere in the patches, in the mean, and the variance of their number.
    var chance = 0.0
    var variance = 0.0
  }

  /// Within so many mm of calcium a place is on it.
  private static let distance = 3.0

  /// Plays with all candidates of some subjects that hold known calcium.
  private static func play(subjects: Range<Int>) async throws -> Game {
    let predictor = try StagedPredictor(
      model: DefaultModel.ofThisProcess().found(), device: "cpu")
    var game = Game()
    let options = PhantomOptions(seed: 3, matrix: 192, slices: 30, ranks: 0.6...0.95)
    for id in subjects {
      let subject = try await phantomSubject(id: id, options: options)
      let seen = try predictor.look(at: subject.ct)
      guard let explainer = try CandidateExplainer(seen.model, seen.views) else { continue }
      let near = MapFolder.grown(
        subject.labels.map { $0 > 0 ? UInt8(1) : 0 }, by: distance)
      let known = seen.candidates.filter { candidate in
        candidate.voxels.contains { subject.labels.voxels[$0] != 0 }
      }
      for candidate in known.sorted(by: { $0.area > $1.area }).prefix(4) {
        let map = try explainer.occlusion(of: candidate)
        var (whole, patch) = (
          Volume<Float>(geometry: subject.ct.geometry, repeating: 0),
          Volume<Float>(geometry: subject.ct.geometry, repeating: 0)
        )
        seen.views.spread(map, of: candidate, over: &whole)
        seen.views.spread(
          [Float](repeating: 1, count: map.count), of: candidate, over: &patch)
        let places = patch.voxels.indices.filter { patch.voxels[$0] > 0 }
        let best = places.max { whole.voxels[$0] < whole.voxels[$1] }
        guard let best else { continue }
        let share = Double(places.count { near.voxels[$0] != 0 }) / Double(places.count)
        game.tries += 1
        game.hits += near.voxels[best] != 0 ? 1 : 0
        game.chance += share
        game.variance += share * (1 - share)
      }
    }
    return game
  }

  @Test func `by patch occlusion points at known calcium more often than chance would`()
    async throws
  {
    let game = try await Self.play(subjects: 0..<6)
    #expect(game.tries >= 10)
    // Three standard deviations above what places drawn by chance would hit.
    #expect(
      Double(game.hits) > game.chance + 3 * game.variance.squareRoot(), "\(game)")
  }
}
