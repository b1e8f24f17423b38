// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Volume

/// What makes the masks of scans: a model of nnU-Net's kind, or one of several stages.
package protocol MaskPredictor {
  /// Notes to show before a long prediction, one sentence each.
  var notes: [String] { get }
  /// Whether the labels are 1 LM, 2 LAD, 3 LCX, 4 RCA.
  var predictsArteries: Bool { get }
  /// How the networks were computed and what was left out, one sentence each; empty before the
  /// first CT.
  var inferenceNotes: [String] { get }

  /// The label map of a CT in HU, on its grid.
  ///
  /// - Parameters:
  ///   - ct: The CT in Hounsfield units.
  ///   - name: What the study is called in errors.
  ///   - progress: Told the share that is done, from 0 to 1.
  func labels(
    of ct: Volume<Int16>, named name: String, progress: (Double) -> Void
  ) throws -> Volume<UInt8>
}

/// Opens a model of either kind.
///
/// - Throws: `WorkflowError` and others where it cannot be opened.
package func maskPredictor(
  model url: URL, _ request: PredictionRequest
) throws -> any MaskPredictor {
  if StagedPredictor.canOpen(url) {
    return try StagedPredictor(model: url, device: request.device)
  }
  return try VolumePredictor(model: url, request)
}
