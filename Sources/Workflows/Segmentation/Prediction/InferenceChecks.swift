// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import Workflow

extension Model {
  /// The channel whose values are Hounsfield units, if any.
  var ctChannel: Int? {
    dataset.channelNames.indices.first {
      dataset.channelNames[$0].lowercased() == "ct"
        || configuration.normalizationSchemes[$0] == .ct
    }
  }

  /// Throws where a choice of windows has nothing to go by: it looks for 130 HU.
  func requireCandidates(for options: InferenceOptions) throws {
    guard options.skipsEmptyWindows || options.undecided != nil, ctChannel == nil else { return }
    throw WorkflowError(
      "\(folder.path): takes \(dataset.channelNames.joined(separator: ", ")), no CT in which "
        + "calcium shows by its Hounsfield units; leave out --skip-empty, --mirror-candidates "
        + "and --fast")
  }

  /// Throws where mirrored copies were asked for at candidates, and training mirrored nothing.
  func requireMirroring(along axes: [Int], for options: PredictionRun.Options) throws {
    guard options.requiresMirroring, axes.isEmpty else { return }
    throw WorkflowError(
      "\(folder.path): was trained without mirroring, so that no window is averaged over mirrored "
        + "copies anyway; leave out --mirror-candidates")
  }
}
