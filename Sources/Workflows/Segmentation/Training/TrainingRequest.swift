// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Learning

extension TrainingRun {
  /// What is done about the whole validation cases.
  package enum Validation: Sendable, Hashable {
    /// Predict and measure them after the training.
    case after
    /// Do nothing else.
    case only
    /// Leave them.
    case none
  }

  /// A command that does the same as this process.
  package struct Launch: Sendable {
    let executable: URL
    let arguments: [String]

    package init(executable: URL, arguments: [String]) {
      self.executable = executable
      self.arguments = arguments
    }
  }

  /// What a run can be told.
  package struct Options: Sendable {
    /// The name of the plans.
    package var plans = "nnUNetPlans"
    /// The number of epochs; the checkpoint's where the run goes on, else 200.
    package var epochs: Int?
    /// A time budget in minutes.
    package var minutes: Double?
    package var iterations = 250
    package var validationIterations = 50
    /// The samples of a step instead of the plan's.
    package var batchSize: Int?
    package var foregroundShare = 0.33
    package var negativeShare = 0.0
    package var loss = LossTerms.diceCrossEntropy
    package var diceSmoothing = 1e-5
    package var foregroundWeight = 1.0
    package var optimizer = OptimizerChoice.sgd
    package var learningRate: Double?
    package var mirroring = true
    /// Whether left and right are never mirrored into each other.
    package var keepsSides = false
    /// Epochs without a new best pseudo-Dice that end the training.
    package var patience: Int?
    /// A checkpoint whose weights, by default but for the heads, the network begins with.
    package var pretrained: URL?
    /// Whether the heads are taken over, too.
    package var pretrainedHeads = false
    package var device = "auto"
    package var seed: UInt64 = 1
    /// Whether it goes on from the last checkpoint.
    package var resume = false
    package var validation = Validation.after
    /// Whether the best checkpoint is validated instead of the final one.
    package var validatesBest = false
    /// Whether validation keeps the classes' probabilities.
    package var probabilities = false
    /// Whether the final checkpoint is written in nnU-Net's format, too.
    package var writesPyTorch = false
    /// Whether curves are also written for TensorBoard.
    package var tensorBoard = false
    /// How many processes share each batch.
    package var processes = 1
    /// Which of them this one is, where it is one.
    package var process: TrainingProcess?
    /// How they are started.
    package var launch: Launch?

    /// nnU-Net's defaults, but for the epochs.
    package init() {}

    /// The options of a training that begins.
    func training(batchSize: Int) -> TrainingOptions {
      var training = TrainingOptions(batchSize: self.batchSize ?? batchSize)
      training.iterations = iterations
      training.validationIterations = validationIterations
      training.foregroundShare = foregroundShare
      training.negativeShare = negativeShare
      training.loss = loss
      training.diceSmoothing = diceSmoothing
      training.foregroundWeight = foregroundWeight
      training.optimizer = optimizer
      training.initialRate = learningRate ?? optimizer.usualRate
      training.mirrors = mirroring
      training.seed = seed
      return training
    }
  }
}
