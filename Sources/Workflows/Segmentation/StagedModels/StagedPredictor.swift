// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Stages
import Torch
package import Volume
import Workflow

/// Predicts the arteries' calcium with a model of several stages.
///
/// ```swift
/// let predictor = try StagedPredictor(model: folder, device: "auto")
/// let mask = try predictor.labels(of: ct, named: "study 12")
/// ```
package final class StagedPredictor: MaskPredictor {
  /// The name of the localiser's weights in a folder.
  package static let localiserName = "localiser.safetensors"
  /// The name of the classifier's weights in a folder; a model without them goes by place alone.
  package static let classifierName = "classifier.safetensors"

  /// Notes to show before a long prediction, one sentence each.
  package let notes: [String]
  /// The labels are 1 LM, 2 LAD, 3 LCX, 4 RCA.
  package let predictsArteries = true
  /// Nothing to say about how the networks are computed.
  package let inferenceNotes: [String] = []
  private let model: StagedModel

  /// Whether a folder holds a model of several stages, or a file is the localiser of one.
  package static func canOpen(_ url: URL) -> Bool {
    Folder.isFile(url.appendingPathComponent(localiserName))
      || (url.lastPathComponent == localiserName && Folder.isFile(url))
  }

  /// Opens a model.
  ///
  /// - Parameters:
  ///   - url: a folder with the weights of its stages, or the localiser's weights alone.
  ///   - device: the name of the device to compute on.
  /// - Throws: an error of the file that cannot be read.
  package init(model url: URL, device name: String) throws {
    let device = try Device.available(named: name)
    let isFolder = Folder.isFolder(url)
    let localiser = isFolder ? url.appendingPathComponent(Self.localiserName) : url
    let classifier = url.appendingPathComponent(Self.classifierName)
    model = StagedModel(
      localiser: try Localiser(contentsOf: localiser, on: device),
      classifier: isFolder && Folder.isFile(classifier)
        ? try CandidateClassifier(contentsOf: classifier, on: device) : nil)
    notes =
      model.classifier == nil
      ? [
        "\(url.path): without a classifier the place alone decides, so that calcified cartilage, "
          + "the aortic root or a moving heart may be scored; look at what was found"
      ] : []
  }

  /// The label map of an axial CT in HU, on its grid.
  package func labels(
    of ct: Volume<Int16>, named name: String, progress: (Double) -> Void
  ) throws -> Volume<UInt8> {
    let labels = try model.segmentation(of: ct).labels
    progress(1)
    return labels
  }
}
