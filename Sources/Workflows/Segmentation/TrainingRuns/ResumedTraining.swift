// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import Text
import Workflow

/// The checkpoint from which a training is resumed: one of this program, or of nnU-Net's trainer.
struct ResumedTraining {
  let url: URL
  let stored: StoredFold

  /// The state in which the training is resumed.
  ///
  /// A checkpoint of this program holds all options. One of nnU-Net holds those of the optimiser, the
  /// schedule and mirroring; the others are taken from `requested`.
  func state(_ requested: TrainingOptions, dimensions: Int) throws -> TrainingState {
    var state = stored.state
    guard stored.isNNUNet else { return state }
    var options = requested
    let recorded = state.options
    options.epochs = recorded.epochs
    options.optimizer = recorded.optimizer
    options.initialRate = recorded.initialRate
    options.weightDecay = recorded.weightDecay
    options.momentum = recorded.momentum
    let axes = state.mirroringAxes(dimensions: dimensions)
    let others = (0..<dimensions).filter { !axes.contains($0) }
    options.mirrors = !axes.isEmpty
    options.sideAxis = axes.isEmpty ? nil : others.first
    if !axes.isEmpty, others.count > 1 {
      throw WorkflowError(
        .invalid,
        "\(url.path): was mirrored along axis \(axes[0]) alone, which is not supported here; begin with "
          + "its weights instead: --pretrained")
    }
    state.options = options
    return state
  }

  /// What is taken over from a checkpoint of nnU-Net and what cannot be, in one sentence; `nil` for
  /// checkpoints of this program.
  func note(_ options: TrainingOptions, hasOptimizerState: Bool) -> String? {
    guard stored.isNNUNet else { return nil }
    let trainer = stored.state.trainerName ?? ModelName.defaultTrainer
    let optimizer =
      hasOptimizerState
      ? "the optimiser's state" : "no optimiser's state (it holds none)"
    return
      "goes on after \(stored.state.epoch) of \(counted(options.epochs, "epoch")) from \(url.path): weights, "
      + "\(optimizer), learning rate and log are those of nnU-Net's \(trainer); its file does not hold the "
      + "batch size (\(options.batchSize)), the steps of an epoch (\(options.iterations) and "
      + "\(options.validationIterations)), the loss, and what else \(trainer) may do in its own way, so "
      + "these are the plan's and this command's"
  }
}
