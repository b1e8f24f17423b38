// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import Text
import Torch
import Workflow

/// Adds to an error of a training what the user can do about it.
struct TrainingFaults {
  let setup: FoldSetup

  /// How to resume the training, where a checkpoint is there to resume from; else the empty text.
  var resumeAdvice: String {
    ["latest", "best", "final"].contains { Folder.isFile(setup.folder.checkpoint($0)) }
      ? "; what is kept goes on with: \(setup.command("--continue"))" : ""
  }

  /// The error with a remedy, where the run knows more than the place that threw it.
  func explained(_ error: any Error) -> any Error {
    switch error {
    case is CancellationError:
      return WorkflowError(
        .stopped,
        "stopped in the validation; the weights are kept, validate with: "
          + setup.command("--validate-only"))
    case let error as FileError where error.code == .full:
      return WorkflowError(.notEnoughSpace, "\(error)\(resumeAdvice)")
    case let error as TorchError where error.code == .memory:
      let size = setup.request.batchSize ?? setup.configuration.batchSize
      return WorkflowError(
        .notEnoughMemory,
        "out of memory with batches of \(counted(size, "patch", "patches")) of \(crossed(setup.configuration.patchSize)): "
          + (size > 1 ? "lower --batch-size, or " : "")
          + "plan for less memory (cac plan \(setup.dataset.name) --memory GB) and preprocess again"
          + resumeAdvice)
    case let error as LearningError where error.code == .memory:
      let size = setup.request.batchSize ?? setup.configuration.batchSize
      return WorkflowError(
        .notEnoughMemory,
        "\(error); " + (size > 1 ? "lower --batch-size" : "plan for less memory") + resumeAdvice)
    default: return error
    }
  }

  /// The sentence for a process whose peer failed in of the same training.
  func explainedPeerFailure(_ error: any Error, processes count: Int) -> String {
    "\(setup.folder.folder.path): one of the \(count) processes did not answer the others "
      + "(\(error))\(resumeAdvice)"
  }
}
