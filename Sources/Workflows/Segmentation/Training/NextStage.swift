// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Workflow

/// Brings the first stage's prediction of a case onto the grid of the next stage of a cascade.
struct NextStage {
  private let configuration: Configuration
  private let labels: LabelScheme
  private let spacing: ([Double]) -> [Double]
  private let cases: CaseFolder
  private let next: String
  private let place: Dataset

  init(
    plans: Plans, from configuration: Configuration, to next: String, labels: LabelScheme,
    place: Dataset
  ) throws {
    self.configuration = configuration
    self.labels = labels
    self.next = next
    self.place = place
    let isFlat = configuration.dimensions == 2
    spacing = { original in
      isFlat
        ? [original[plans.transposeForward[0]]] + configuration.spacing : configuration.spacing
    }
    cases = CaseFolder(
      place.preprocessed(try plans.configuration(next).dataIdentifier))
  }

  /// Writes the labels of logits (channel, z, y, x) as a case without channels.
  ///
  /// nnU-Net decides by the first stage's spacing on both sides whether slices are treated apart.
  func write(_ logits: [Float16], of one: PreprocessedCase, to folder: CaseFolder) throws {
    guard Folder.isFile(cases.file(of: one.name)) else {
      throw WorkflowError(
        "\(cases.url.path): \(one.name) is not preprocessed for the next stage; run: "
          + "cac preprocess \(place.name) -c \(next), then train with --validate-only")
    }
    let shape = try cases.open(one.name).shape
    let spacing = spacing(one.properties.spacing)
    let settings = configuration.resamplingProbabilities
    let resampler = Resampler(
      shape: one.shape, spacing: spacing, newShape: shape, newSpacing: spacing,
      forceSeparate: settings.forceSeparateZ)
    let count = one.shape.reduce(1, *)
    var map = [Int16](repeating: 0, count: shape.reduce(1, *))
    var best: [Float16] = []
    for c in 0..<labels.outputCount {
      let channel = resampler.resample(
        logits[c * count..<(c + 1) * count], order: settings.order)
      if let order = labels.regionsClassOrder {
        for i in map.indices where channel[i] > 0 { map[i] = Int16(order[c]) }
      } else if c == 0 {
        best = channel
      } else {
        let label = Int16(labels.allLabels[c])
        for i in map.indices where channel[i] > best[i] { (best[i], map[i]) = (channel[i], label) }
      }
    }
    try folder.write(
      PreprocessedCase(
        name: one.name, channels: 0, shape: shape, data: [], labels: map,
        properties: one.properties))
  }
}
