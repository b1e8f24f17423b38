// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Learning
import NNUNet

/// What a run of `cac train` is asked for.
package struct TrainingRequest: Sendable {
  /// What is done about the whole validation cases.
  package enum Validation: Sendable, Hashable {
    /// Predict and measure them after the training.
    case after
    /// Predict and measure them without training.
    case only
    /// Leave them alone.
    case none
  }

  /// The command that started this process, to start others like it.
  package struct Launch: Sendable {
    let executable: URL
    let arguments: [String]

    /// A command with its arguments.
    package init(executable: URL, arguments: [String]) {
      self.executable = executable
      self.arguments = arguments
    }
  }

  /// The name of the plans.
  package var plans = Plans.defaultName
  /// How the fold is trained; a resumed run of this program takes its checkpoint's options instead,
  /// except for the time budget and the patience where these are given.
  package var training = TrainingOptions.default
  /// The number of epochs; where none is given the checkpoint's in a resumed run, else the default.
  package var epochs: Int?
  /// The number of samples of a step instead of the plan's.
  package var batchSize: Int?
  /// Whether left and right are never mirrored into each other.
  package var keepsSides = false
  /// A checkpoint whose weights the network begins with.
  package var pretrained: URL?
  /// Whether the heads of `pretrained` are taken over, too.
  package var pretrainedHeads = false
  /// The device as a user names it: auto, cpu, cuda, cuda:1 or mps.
  package var device = "auto"
  /// Whether the training is resumed from the last checkpoint.
  package var resume = false
  /// What is done about the validation cases.
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
  /// Which of these processes this one is; `nil` in the one that starts them.
  package var process: TrainingProcess?
  /// How the processes are started.
  package var launch: Launch?

  /// The defaults.
  package init() {}

  /// The options of a training that begins, with a plan's batch size where none is given.
  func options(batchSize planned: Int) -> TrainingOptions {
    var options = training
    options.batchSize = batchSize ?? planned
    options.epochs = epochs ?? options.epochs
    return options
  }
}
