// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Learning
import NNUNet
import Segmentation

/// `cac train`: one fold.
struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train one fold of a configuration and validate it.",
    discussion: """
      Examples:
        cac train 501 2d 0 --epochs 200 --device cuda
        cac train 901 2d 0 --minutes 5 --iterations 20     (as many epochs as fit)
        cac train 501 3d_fullres 0 --plans nnUNetResEncUNetMPlans
        cac train 501 3d_fullres 0 --continue              (after a crash, or Ctrl-C)
        cac train 501 3d_fullres 0 --device cuda --processes 4     (four cards, one batch)
        cac train 501 2d 0 --network lessmann              (in the place of nnU-Net's network)
      Ctrl-C keeps the state of the last step. A cascade (3d_cascade_fullres) needs all folds of \
      3d_lowres trained before.
      """)

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Argument(help: "The configuration: 2d, 3d_fullres, 3d_lowres or 3d_cascade_fullres.")
  var configuration: String
  @Argument(help: "The fold, 0 to 4, or all.")
  var fold: Fold
  @Option(
    help: """
      Train this network in the place of nnU-Net's: \(MethodTrainingRun.networks.joined(separator: ", ")). \
      Steps and rates are those of its publication; its results lie beside nnU-Net's.
      """)
  var network: String?
  @Option(
    help: """
      With --network deepcac: the features of its first convolution instead of the published 32; the others \
      change with it, so that fewer make a network that a processor can train.
      """)
  var features: Int?
  @OptionGroup var options: TrainOptions
  @OptionGroup var loss: LossOptions
  @OptionGroup var work: TrainRunOptions
  @OptionGroup var roots: RootOptions

  func validate() throws {
    if work.resume, options.pretrained != nil {
      throw ValidationError("--continue and --pretrained exclude each other")
    }
    if options.pretrainedHeads, options.pretrained == nil {
      throw ValidationError("--pretrained-heads needs --pretrained")
    }
    if let features, network == nil || !(1...1024).contains(features) {
      throw ValidationError(
        network == nil
          ? "--features needs --network; of nnU-Net's networks cac plan --features decides"
          : "--features must be 1 to 1024, not \(features)")
    }
    if let network {
      let known = MethodTrainingRun.networks
      guard known.contains(network) else {
        throw ValidationError(
          "--network \(network) is not known; there are \(known.joined(separator: ", "))")
      }
      if let other = (options.onlyForNNUNet + loss.onlyForNNUNet + work.onlyForNNUNet).first {
        throw ValidationError("--network and \(other) exclude each other")
      }
    }
  }

  func run() async throws {
    if let network {
      try await train(network)
      return
    }
    var request = TrainingRequest()
    options.apply(to: &request)
    loss.apply(to: &request.training)
    work.apply(to: &request)
    let training = try TrainingRun(
      dataset: dataset, configuration: configuration, fold: fold, roots: roots.roots,
      request: request)
    do {
      let bar = ProgressBar()
      let summary = try await training.run(say: bar.say, progress: bar.handler)
      if work.process == nil { print(summary) }
    } catch  where work.process != nil {
      // The process that started this one says why.
      throw ExitCode.failure
    }
  }
}

extension TrainCommand {
  /// Trains a network in the place of nnU-Net's.
  private func train(_ network: String) async throws {
    var request = MethodRequest(network: network)
    request.plans = options.plans
    request.epochs = options.epochs
    request.iterations = options.iterations
    request.batchSize = options.batchSize
    request.features = features
    request.seed = options.seed
    request.device = work.device
    request.resume = work.resume
    request.validation = work.validation
    let training = try MethodTrainingRun(
      dataset: dataset, configuration: configuration, fold: fold, roots: roots.roots,
      request: request)
    let bar = ProgressBar()
    print(try await training.run(say: bar.say, progress: bar.handler))
  }
}

/// What the network begins with, and how long and by which steps it is trained.
struct TrainOptions: ParsableArguments {
  @Option(help: "The name of the plans.")
  var plans = Plans.defaultName
  @Option(
    help: """
      The number of epochs (default: \(TrainingOptions.default.epochs); with --continue, the \
      checkpoint's; with --network, its publication's).
      """)
  var epochs: Int?
  @Option(help: "A time budget in minutes: the schedule is shortened to what fits.")
  var minutes: Double?
  @Option(help: "End after so many epochs without a new best pseudo-Dice.")
  var patience: Int?
  @Option(
    help: """
      Training steps of an epoch (default: \(TrainingOptions.default.iterations); with --network, its \
      publication's).
      """)
  var iterations: Int?
  @Option(help: "Validation steps of an epoch.")
  var validationIterations = TrainingOptions.default.validationIterations
  @Option(help: "Samples of a step instead of the plan's.")
  var batchSize: Int?
  @Option(help: "sgd (nnU-Net's), or adamw, which learns tiny lesions in fewer steps.")
  var optimizer = TrainingOptions.default.optimizer
  @Option(
    help: """
      The learning rate of the first epoch (default: sgd \(OptimizerChoice.sgd.usualRate), adamw \
      \(OptimizerChoice.adamw.usualRate)).
      """)
  var learningRate: Double?
  @Option(
    help: """
      A checkpoint to begin with, .safetensors or nnU-Net's .pth; all but its heads is taken. A 2D one \
      serves a 3D network of the same stages, too.
      """)
  var pretrained: String?
  @Flag(
    help: """
      Take the heads of --pretrained, too, which then have to be for as many labels, or for one: each label \
      begins as that.
      """)
  var pretrainedHeads = false
  @Flag(help: "Do not mirror patches; predictions of the model are not mirrored then either.")
  var noMirroring = false
  @Flag(
    help: "Never mirror left into right, which the labels of arteries tell apart; other axes are.")
  var keepSides = false
  @Option(help: "The seed of weights, sampling and augmentation.")
  var seed = TrainingOptions.default.seed

  func validate() throws {
    for (name, value) in [
      ("epochs", epochs ?? 1), ("iterations", iterations ?? 1), ("patience", patience ?? 1),
      ("validation-iterations", validationIterations), ("batch-size", batchSize ?? 1),
    ] where value < 1 {
      throw ValidationError("--\(name) must be at least 1, not \(value)")
    }
    if keepSides, noMirroring {
      throw ValidationError("--keep-sides and --no-mirroring exclude each other")
    }
    if let batchSize, batchSize > 100_000 {
      throw ValidationError("--batch-size must be at most 100000, not \(batchSize)")
    }
    if let learningRate, !(learningRate > 0 && learningRate <= 1) {
      throw ValidationError("--learning-rate must be above 0 and at most 1, not \(learningRate)")
    }
    if let minutes, !(minutes > 0) {
      throw ValidationError("--minutes must be positive, not \(minutes)")
    }
  }

  /// The given options that other networks than nnU-Net's do not have.
  var onlyForNNUNet: [String] {
    let usual = TrainingOptions.default
    return [
      ("--minutes", minutes != nil), ("--patience", patience != nil),
      ("--validation-iterations", validationIterations != usual.validationIterations),
      ("--optimizer", optimizer != usual.optimizer), ("--learning-rate", learningRate != nil),
      ("--pretrained", pretrained != nil), ("--no-mirroring", noMirroring),
      ("--keep-sides", keepSides),
    ].filter(\.1).map(\.0)
  }

  func apply(to request: inout TrainingRequest) {
    request.plans = plans
    request.epochs = epochs
    request.batchSize = batchSize
    request.pretrained = pretrained.map(path)
    request.pretrainedHeads = pretrainedHeads
    request.keepsSides = keepSides
    request.training.seconds = minutes.map { $0 * 60 }
    request.training.patience = patience
    request.training.iterations = iterations ?? request.training.iterations
    request.training.validationIterations = validationIterations
    request.training.optimizer = optimizer
    request.training.initialRate = learningRate ?? optimizer.usualRate
    request.training.mirrors = !noMirroring
    request.training.seed = seed
  }
}

/// The loss, and which patches the network is shown.
struct LossOptions: ParsableArguments {
  @Option(
    help: """
      The terms of the loss: dice-ce (nnU-Net's), dice-topk, dice, ce, or topk: the cross-entropy of \
      the worst tenth of the voxels.
      """)
  var loss = TrainingOptions.default.loss
  @Option(help: "The smoothing of the Dice loss; 0 is nnU-Net's variant for tiny lesions.")
  var diceSmoothing = TrainingOptions.default.diceSmoothing
  @Option(help: "How much a voxel of the foreground counts in the cross-entropy; nnU-Net's is 1.")
  var foregroundWeight = TrainingOptions.default.foregroundWeight
  @Option(help: "The share of patches that must hold foreground, where their case has some.")
  var foregroundShare = TrainingOptions.default.foregroundShare
  @Option(
    help: """
      The share of patches that must hold no foreground: half from cases without any, half from \
      between the foreground of others.
      """)
  var negativeShare = TrainingOptions.default.negativeShare

  func validate() throws {
    guard (0...1).contains(foregroundShare) else {
      throw ValidationError("--foreground-share must be from 0 to 1, not \(foregroundShare)")
    }
    guard negativeShare >= 0, negativeShare + foregroundShare <= 1 else {
      throw ValidationError(
        "--negative-share must be from 0 to what --foreground-share leaves, "
          + "\(((1 - foregroundShare) * 1e9).rounded() / 1e9), not \(negativeShare)")
    }
    guard foregroundWeight > 0, foregroundWeight <= 1e4 else {
      throw ValidationError(
        "--foreground-weight must be above 0 and at most 10000, not \(foregroundWeight)")
    }
    guard (0...1).contains(diceSmoothing) else {
      throw ValidationError("--dice-smoothing must be from 0 to 1, not \(diceSmoothing)")
    }
  }

  /// The given options that other networks than nnU-Net's do not have.
  var onlyForNNUNet: [String] {
    let usual = TrainingOptions.default
    return [
      ("--loss", loss != usual.loss), ("--dice-smoothing", diceSmoothing != usual.diceSmoothing),
      ("--foreground-weight", foregroundWeight != usual.foregroundWeight),
      ("--foreground-share", foregroundShare != usual.foregroundShare),
      ("--negative-share", negativeShare != usual.negativeShare),
    ].filter(\.1).map(\.0)
  }

  func apply(to training: inout TrainingOptions) {
    training.loss = loss
    training.diceSmoothing = diceSmoothing
    training.foregroundWeight = foregroundWeight
    training.foregroundShare = foregroundShare
    training.negativeShare = negativeShare
  }
}

/// Where a training runs, whether it is resumed, and which files it writes.
struct TrainRunOptions: ParsableArguments {
  @Option(help: "auto, cpu, cuda, cuda:N or mps.")
  var device = "auto"
  @Option(
    help: """
      Processes of this machine that divide each batch, on CUDA a card each; the result is that of \
      one process.
      """)
  var processes = 1
  @Option(help: .hidden)
  var process: TrainingProcess?
  @Flag(
    name: .customLong("continue"),
    help: "Go on from the last checkpoint of this fold, also one of nnU-Net's trainer (.pth).")
  var resume = false
  @Flag(help: "Do not train; predict and measure the validation cases with the final checkpoint.")
  var validateOnly = false
  @Flag(help: "Validate the checkpoint with the best pseudo-Dice instead of the final one.")
  var validateBest = false
  @Flag(help: "Skip the validation on whole cases.")
  var noValidation = false
  @Flag(
    help: "Keep the validation cases' probabilities (.npz), which ensembles of find-best need.")
  var probabilities = false
  @Flag(help: "Write the final checkpoint as nnU-Net's checkpoint_final.pth, too.")
  var pth = false
  @Flag(help: "Write the curves for TensorBoard, too, into the fold's folder tensorboard.")
  var tensorboard = false

  func validate() throws {
    guard processes >= 1 else {
      throw ValidationError("--processes must be at least 1, not \(processes)")
    }
    if validateOnly, processes > 1 {
      throw ValidationError("--validate-only and --processes exclude each other")
    }
    if validateOnly, resume || noValidation {
      throw ValidationError(
        "--validate-only and \(resume ? "--continue" : "--no-validation") exclude each other")
    }
    if noValidation, validateBest || probabilities {
      throw ValidationError(
        "--no-validation and \(validateBest ? "--validate-best" : "--probabilities") exclude "
          + "each other")
    }
  }

  /// What is done about the validation cases.
  var validation: TrainingRequest.Validation {
    validateOnly ? .only : noValidation ? .none : .after
  }

  /// The given options that other networks than nnU-Net's do not have.
  var onlyForNNUNet: [String] {
    [
      ("--processes", processes > 1), ("--validate-best", validateBest),
      ("--probabilities", probabilities), ("--pth", pth), ("--tensorboard", tensorboard),
    ].filter(\.1).map(\.0)
  }

  func apply(to request: inout TrainingRequest) {
    request.device = device
    request.processes = processes
    request.process = process
    request.launch = Bundle.main.executableURL.map {
      TrainingRequest.Launch(
        executable: $0, arguments: Array(CommandLine.arguments.dropFirst()))
    }
    request.resume = resume
    request.validation = validation
    request.validatesBest = validateBest
    request.probabilities = probabilities
    request.writesPyTorch = pth
    request.tensorBoard = tensorboard
  }
}
