// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Stages
import Testing
import Torch
package import Volume

/// Models of stages that say the same everywhere, for tests of what is made of their answers.
package enum StagedFolder {
  // Without a class of lung, so that no lung is asked of scans that have none.
  private static let tissues = [
    "background", "air", "bone", "sac", "ventricles", "atria", "aorta", "pulmonary trunk",
  ]
  private static let maps = ["LM", "LAD", "LCX", "RCA", "left ostium", "right ostium", "apex"]
  /// The classes of classifiers.
  package static let classes = [
    "LM", "LAD", "LCX", "RCA", "aorta", "valve", "bone", "airway", "other", "noise",
  ]

  /// Writes a localiser to which all is of one tissue, and near one artery.
  package static func write(
    to folder: URL, near artery: String = "LAD", heat: Float = 0.9, tissue: String = "sac"
  ) throws {
    try Folder.create(folder)
    let design = LocaliserDesign(
      spacing: 4, features: [4, 8], classes: tissues, heatMaps: maps)
    let localiser = try Localiser(design, seed: 3, on: .cpu)
    let number = try #require(tissues.firstIndex(of: tissue))
    let map = try #require(maps.firstIndex(of: artery))
    let parameters = try localiser.parameters.map { name, tensor in
      guard name.hasPrefix("decoder.seg_layers.0.") else { return (name: name, tensor: tensor) }
      var values = Array(repeating: Float(0), count: tensor.count)
      if name.hasSuffix("bias") {
        values[number] = 8
        values[tissues.count + map] = heat
      }
      return (name: name, tensor: try Tensor(values, shape: tensor.shape))
    }
    try StageWeights(design, parameters).write(
      to: folder.appendingPathComponent("localiser.safetensors"))
  }

  /// Writes a classifier that gives every candidate the same probabilities, by class; the rest is
  /// shared by the others.
  package static func writeClassifier(
    to folder: URL, _ probabilities: [String: Float]
  ) throws {
    let design = ClassifierDesign(
      classes: classes, fineChannels: CandidateViews.fineChannels,
      coarseChannels: CandidateViews.coarseChannels, scalars: CandidateViews.scalars,
      features: [4, 8])
    let classifier = try CandidateClassifier(design, seed: 3, on: .cpu)
    let rest = 1 - probabilities.values.reduce(0, +)
    let others = Float(classes.count - probabilities.count)
    let logits = classes.map { name in logf(max(probabilities[name] ?? rest / others, 1e-6)) }
    let parameters = try classifier.parameters.map { name, tensor in
      guard name.hasPrefix("head") else { return (name: name, tensor: tensor) }
      let values = name.hasSuffix("bias") ? logits : Array(repeating: 0, count: tensor.count)
      return (name: name, tensor: try Tensor(values, shape: tensor.shape))
    }
    try StageWeights(design, parameters).write(
      to: folder.appendingPathComponent("classifier.safetensors"))
  }

  /// A scan of 311 mL with one plaque of 300 HU, six by four pixels in one slice, and a spot of noise.
  package static var scan: Volume<Int16> {
    var scan = Volume<Int16>(
      geometry: Geometry(
        extent: Extent(slices: 20, rows: 80, columns: 80), spacing: [0.9, 0.9, 3]),
      repeating: 40)
    for y in 30..<36 { for x in 40..<44 { scan[5, y, x] = 300 } }
    // One pixel alone is noise.
    scan[8, 10, 10] = 400
    return scan
  }

  /// The Agatston score of the plaque: 24 pixels of weight 3.
  package static let points = 24 * 0.9 * 0.9 * 3
}
