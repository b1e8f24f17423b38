// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import Workflow

extension Model {
  /// The index of the input channel whose values are Hounsfield units, or `nil`.
  var ctChannel: Int? {
    dataset.channelNames.indices.first {
      dataset.channelNames[$0].lowercased() == "ct"
        || configuration.normalizationSchemes[$0] == .ct
    }
  }

  /// Throws where windows are to be chosen by 130 HU and the model takes no CT.
  func requireCandidates(for options: InferenceOptions) throws {
    guard options.skipsEmptyWindows || options.undecided != nil, ctChannel == nil else { return }
    throw WorkflowError(
      .invalid,
      "\(folder.path): takes \(dataset.channelNames.joined(separator: ", ")), no CT in which "
        + "calcium shows by its Hounsfield units; leave out --skip-empty, --mirror-candidates "
        + "and --fast")
  }

  /// Throws where mirrored copies at candidates were asked for, but training mirrored no axis.
  func requireMirroring(along axes: [Int], for request: PredictionRequest) throws {
    guard request.requiresMirroring, axes.isEmpty else { return }
    throw WorkflowError(
      .invalid,
      "\(folder.path): was trained without mirroring, so that no window is averaged over mirrored "
        + "copies anyway; leave out --mirror-candidates")
  }
}
