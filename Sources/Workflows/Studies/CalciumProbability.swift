// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import NNUNet
import Text
package import Volume
import Workflow

/// The probability of calcium of any label in each voxel, from a folder of
/// `cac predict --probabilities`.
///
/// With plain labels, whose probabilities add up to 1, it is 1 minus the probability of background.
/// Regions overlap and have no background channel; there it is the highest probability among the
/// regions that an export writes as a foreground label.
package struct CalciumProbability: Sendable {
  private let folder: URL
  /// The labels of the folder's `dataset.json`; `nil` where it has none.
  private let labels: LabelScheme?

  /// A folder of probabilities; throws where its `dataset.json` cannot be read.
  package init(in folder: URL) throws {
    self.folder = folder
    let description = folder.appendingPathComponent("dataset.json")
    labels =
      Folder.isFile(description) ? try DatasetDescription.read(from: description).labels : nil
  }

  /// The probability of a subject's voxels on the grid of its mask.
  ///
  /// - Throws: `WorkflowError` where a subject has no probabilities: lesions that are ranked by two
  ///   different measures have no common order.
  package func read(_ subject: String, geometry: Geometry) throws -> Volume<Float> {
    let file = folder.appendingPathComponent("\(subject).npz")
    guard Folder.isFile(file) else {
      throw WorkflowError(
        .missing,
        "\(folder.path): holds no \(subject).npz; write one for each subject with: cac predict "
          + "--probabilities")
    }
    let channels = try ProbabilityFile.read(case: subject, in: folder, geometry: geometry)
    if let labels, channels.count != labels.outputCount {
      throw WorkflowError(
        .invalid,
        "\(file.path): has \(counted(channels.count, "class", "classes")), dataset.json beside it has "
          + "\(labels.outputCount); predict the case again")
    }
    if let labels, labels.hasRegions { return highest(of: channels, labels, geometry) }
    if labels == nil, !addsUp(channels) {
      throw WorkflowError(
        .invalid,
        "\(file.path): its probabilities do not add up to 1, as those of regions, and no "
          + "dataset.json beside it names these; put the model's there")
    }
    return channels[0].map { 1 - $0 }
  }

  /// The highest probability of the regions whose label is not background.
  private func highest(
    of channels: [Volume<Float>], _ labels: LabelScheme, _ geometry: Geometry
  ) -> Volume<Float> {
    var highest = Volume<Float>(geometry: geometry, repeating: 0)
    for (channel, label) in zip(channels, labels.regionsClassOrder ?? []) where label != 0 {
      for i in highest.voxels.indices {
        highest.voxels[i] = max(highest.voxels[i], channel.voxels[i])
      }
    }
    return highest
  }

  /// Whether the channels add up to 1, as a softmax over labels does, up to the rounding of
  /// float16.
  private func addsUp(_ channels: [Volume<Float>]) -> Bool {
    channels[0].voxels.indices.allSatisfy { i in
      abs(channels.reduce(0) { $0 + $1.voxels[i] } - 1) < 0.01
    }
  }
}
