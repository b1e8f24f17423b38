// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import Workflow

/// The checkpoint that a training goes on from: one of this program, or of nnU-Net's trainer.
struct Resumption {
  let url: URL
  let stored: StoredFold

  /// The state to go on from.
  ///
  /// A checkpoint of this program says how it is trained. One of nnU-Net says it of the optimiser, the
  /// schedule and mirroring; the rest is `told`, what the command and the plan say.
  func state(_ told: TrainingOptions, dimensions: Int) throws -> TrainingState {
    var state = stored.state
    guard stored.isNNUNet else { return state }
    var options = told
    let known = state.options
    options.epochs = known.epochs
    options.optimizer = known.optimizer
    options.initialRate = known.initialRate
    options.weightDecay = known.weightDecay
    options.momentum = known.momentum
    let axes = state.mirroringAxes(dimensions: dimensions)
    let others = (0..<dimensions).filter { !axes.contains($0) }
    options.mirrors = !axes.isEmpty
    options.sideAxis = axes.isEmpty ? nil : others.first
    if !axes.isEmpty, others.count > 1 {
      throw WorkflowError(
        "\(url.path): was mirrored along axis \(axes[0]) alone, which is not supported here; begin with "
          + "its weights instead: --pretrained")
    }
    state.options = options
    return state
  }

  /// What is taken over from a checkpoint of nnU-Net and what cannot be, in a sentence.
  func note(_ options: TrainingOptions, hasMemory: Bool) -> String? {
    guard stored.isNNUNet else { return nil }
    let trainer = stored.state.trainerName ?? "nnUNetTrainer"
    let memory =
      hasMemory ? "what the optimiser remembers" : "nothing of the optimiser (it holds none)"
    return
      "goes on after \(stored.state.epoch) of \(options.epochs) epochs from \(url.path): weights, "
      + "\(memory), learning rate and log are those of nnU-Net's \(trainer); its file does not hold the "
      + "batch size (\(options.batchSize)), the steps of an epoch (\(options.iterations) and "
      + "\(options.validationIterations)), the loss, and what else \(trainer) may do in its own way, so "
      + "these are the plan's and this command's"
  }
}
