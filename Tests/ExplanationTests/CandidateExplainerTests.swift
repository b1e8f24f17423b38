// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import Stages
import Testing
import Torch
import Volume

@testable import Explanation

/// The pointing game: whether the highest place of a map lies on what is known to be there.
///
/// Zhang 2018, "Top-down neural attention by excitation backprop", section 4.1.
@Suite struct `The look of a classifier at a candidate` {
  /// A scene: water of 40 HU, and a plaque somewhere near its middle.
  private struct Scene {
    var scan = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 9, rows: 90, columns: 90), spacing: [0.5, 0.5, 3],
        origin: [0, 0, 0],
        direction: .identity), repeating: 40)
    let candidate: StageCandidate

    /// A scene whose plaque lies off the candidate's centre by some pixels.
    init(off x: Int, _ y: Int, size: Int = 4) {
      var voxels: [Int] = []
      for row in 45 + y..<45 + y + size {
        for column in 45 + x..<45 + x + size {
          scan[4, row, column] = 600
          voxels.append(scan.offset(4, row, column))
        }
      }
      candidate = StageCandidate(voxels: voxels, peak: 600, area: 4, centre: [45, 45, 4])
    }

    /// Nothing but the scan: no heart, no arteries.
    var views: CandidateViews {
      get throws { CandidateViews(scan, try maps()) }
    }

    private func maps() throws -> ScanMaps {
      let names = StagedModel.arteries + ["left ostium", "right ostium", "apex"]
      let design = LocaliserDesign(
        features: [4, 8],
        classes: [
          "background", "sac", "ventricles", "atria", "aorta", "pulmonary trunk", "lung", "bone",
        ], heatMaps: names)
      let model = StagedModel(localiser: try Localiser(design, seed: 1, on: .cpu))
      return try model.located(scan)
    }
  }

  private static let classes = StagedModel.arteries + ["aorta", "bone", "noise"]

  /// A model with random weights, which sees something else everywhere than in water.
  private func model() throws -> StagedModel {
    let design = CandidateViews.design(classes: Self.classes)
    let localiser = try Localiser(
      LocaliserDesign(features: [4, 8], classes: ["background", "sac"], heatMaps: ["LM"]), seed: 1,
      on: .cpu)
    return StagedModel(
      localiser: localiser, classifier: try CandidateClassifier(design, seed: 7, on: .cpu))
  }

  @Test(arguments: [(0, 0), (-14, 5), (12, -16), (6, 15), (-18, -18)])
  func `points at the plaque where a part of its patch is occluded`(x: Int, y: Int) throws {
    let scene = Scene(off: x, y)
    let views = try scene.views
    let explainer = try #require(try CandidateExplainer(try model(), views))
    let map = try explainer.occlusion(of: scene.candidate)
    let size = CandidateViews.size
    // Water in the place of water changes nothing; so the map is not 0 round the plaque alone.
    let best = try #require(map.indices.max { abs(map[$0]) < abs(map[$1]) })
    #expect(abs(map[best]) > 0)
    // The patch begins 15.75 mm, 31.5 pixels, before the centre.
    let (column, row) = (best % size - 31 - x, best / size - 31 - y)
    #expect((-8...12).contains(column) && (-8...12).contains(row), "\(column), \(row)")
    // Batches round a little differently.
    for (i, value) in map.enumerated() where abs(value) > 1e-3 * abs(map[best]) {
      #expect((-9...13).contains(i % size - 31 - x) && (-9...13).contains(i / size - 31 - y))
    }
    var whole = Volume<Float>(geometry: scene.scan.geometry, repeating: 0)
    views.spread(map, of: scene.candidate, over: &whole)
    let highest = try #require(
      whole.voxels.indices.max { abs(whole.voxels[$0]) < abs(whole.voxels[$1]) })
    let place = (highest % 90 - 45 - x, highest / 90 % 90 - 45 - y)
    #expect(highest / 8_100 == 4)
    #expect((-9...13).contains(place.0) && (-9...13).contains(place.1), "\(place)")
  }

  @Test func `by Grad-CAM is the gradient of the log odds, and depends on the weights`() throws {
    let scene = Scene(off: 3, -2)
    let views = try scene.views
    let model = try model()
    let explainer = try #require(try CandidateExplainer(model, views))
    let map = try explainer.gradCAM(of: scene.candidate)
    #expect(map.count == 64 * 64 && map.allSatisfy { $0 >= 0 && $0.isFinite })
    let again = try explainer.gradCAM(of: scene.candidate)
    #expect(map == again)
    let check = try explainer.check(map, of: scene.candidate)
    #expect(check.randomised.map(\.part) == ["all"])
    #expect(check.deletion.isFinite && check.insertion.isFinite)
    // The classifier answers as before.
    let classifier = try #require(model.classifier)
    let before = try classifier.probabilities([views.sample(scene.candidate)])
    _ = try explainer.gradCAM(of: scene.candidate)
    #expect(try classifier.probabilities([views.sample(scene.candidate)]) == before)
  }

  @Test func `does not exist without a classifier`() throws {
    let scene = Scene(off: 0, 0)
    let model = StagedModel(localiser: try model().localiser)
    let explainer = try CandidateExplainer(model, scene.views)
    #expect(explainer == nil)
  }
}
