// SPDX-License-Identifier: Apache-2.0
import Explanation
import Foundation
import Scoring

/// What `cac explain` found out about one study: explanation.json.
package struct ExplanationResult: Codable, Sendable {
  /// The name of the file in the folder of the results.
  package static let fileName = "explanation.json"

  /// One lesion that counts.
  struct Lesion: Codable, Sendable {
    /// Its number, from 1 by falling points.
    let number: Int
    /// Its artery, where the model tells it.
    let artery: String?
    /// Agatston points.
    let points: Double
    /// Its slice with most of it, from 0.
    let slice: Int
    /// Points of the target without it; `nil` where it was not erased.
    var without: Double?
    /// Its picture in the folder.
    var picture: String?
    /// What the picture shows, in words.
    var caption = ""
  }

  /// One map.
  struct Map: Codable, Sendable {
    /// The digest of what it was made from.
    let digest: String
    /// The method.
    let method: ExplainMethod
    /// The stage of the network; empty where it has none.
    let stage: String
    /// The NIfTI file in the folder.
    let file: String
    /// Its checks; `nil` for maps of scores, which use no insides.
    let check: MapCheck?
    /// Whether its highest voxel lies within 3 mm of the calcium.
    let pointsAtCalcium: Bool

    /// The sentence of a map that does not depend on what was learnt.
    var warning: String { check.map { $0.isSane ? "" : "fails its sanity check" } ?? "" }
  }

  /// How sure the score is.
  struct Doubt: Codable, Sendable {
    /// The ends of the 90 % range.
    let low: Double
    let high: Double
    /// The classes with their probabilities, in words.
    let classes: String
    /// The lesions that it hangs on, a phrase each.
    let hangsOn: [String]

    private enum CodingKeys: String, CodingKey {
      case low, high, classes
      case hangsOn = "hangs_on"
    }

    init(_ uncertainty: ScoreUncertainty) {
      (low, high) = (uncertainty.range.low, uncertainty.range.high)
      (classes, hangsOn) = (uncertainty.classText, uncertainty.pageLesions)
    }
  }

  /// The model.
  let model: String
  /// What is explained.
  let target: String
  /// The Agatston score and its class.
  let score: Double
  let category: String
  /// The points of the target.
  let targetPoints: Double
  var lesions: [Lesion]
  var maps: [Map] = []
  var boxes: [Occlusion.Box] = []
  /// The edge of boxes and their distance in mm.
  let box: Double
  let step: Double
  /// The convention of all scores, and the HU from which a voxel counts under it.
  var convention = "agatston"
  var threshold: Int? = 130
  /// How sure the score is; `nil` from a model without probabilities.
  var doubt: Doubt?
  var counterfactuals: Counterfactuals?
  /// The picture of all stages in the folder.
  var stagesPicture: String?
  /// Whether a mask of known calcium was given for the pointing game.
  var hasReference = false
}
