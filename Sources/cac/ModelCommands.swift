// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Foundation
public import Learning
import Workflow

/// `cac plan`: fingerprint and plans.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Check a data set, take its fingerprint and plan its networks.",
    discussion: "Example: cac plan 501")

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Option(help: "The planner; default is nnU-Net's ExperimentPlanner.")
  var planner: PlannerChoice = .default
  @Option(help: "The graphics memory to plan for, in GB (default: the planner's, 8).")
  var memory: Double?
  @Option(help: "The channels of the network's first stage; each next one has twice as many.")
  var features = 32
  @Option(
    help: """
      Normalise the CT by a window in HU, LOW:HIGH (--ct-window=-160:640), instead of the percentiles of the \
      calcium, which blank all soft tissue.
      """)
  var ctWindow: CTWindow?
  @Option(
    help: "Intensities to draw from each channel's foreground; fewer take less time and memory.")
  var samples = 100_000_000
  @Flag(help: "Print the plans as JSON.")
  var json = false
  @OptionGroup var roots: RootOptions
  @OptionGroup var jobs: JobOptions

  func validate() throws {
    guard samples > 0 else {
      throw ValidationError("--samples must be positive, not \(samples)")
    }
    if let memory, !(memory > 0) {
      throw ValidationError("--memory must be positive, not \(memory)")
    }
    guard (1...320).contains(features) else {
      throw ValidationError("--features must be from 1 to 320, not \(features)")
    }
  }

  func run() async throws {
    let plan = try await DatasetPlanning.run(
      dataset: dataset, planner: planner, memory: memory, features: features, window: ctWindow,
      samples: samples, roots: roots.roots, jobs: jobs.jobs,
      progress: ProgressBar().handler)
    print(json ? try plan.json : plan.table)
    if let first = plan.notes.first {
      let others = plan.notes.count - 1
      let more = others == 0 ? "" : " (and \(others) more such cases)"
      FileHandle.standardError.write(Data("note: \(first)\(more)\n".utf8))
    }
  }
}

extension PlannerChoice: ExpressibleByArgument {}

extension CTWindow: ExpressibleByArgument {
  /// A window as it is typed, LOW:HIGH.
  public init?(argument: String) { self.init(argument) }
}

/// `cac preprocess`: crop, normalise, resample, store.
struct PreprocessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preprocess", abstract: "Crop, normalise and resample the cases of a data set.",
    discussion: "Example: cac preprocess 501 -c 2d 3d_fullres")

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Option(
    name: .shortAndLong, parsing: .upToNextOption, help: "The configurations to prepare for.")
  var configurations: [String] = ["2d"]
  @OptionGroup var roots: RootOptions
  @OptionGroup var jobs: JobOptions

  func run() async throws {
    for configuration in configurations {
      let summary = try await DatasetPreprocessing.run(
        dataset: dataset, configuration: configuration, roots: roots.roots, jobs: jobs.jobs,
        progress: ProgressBar().handler)
      print(summary)
    }
  }
}

/// `cac train`: one fold.
struct TrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train", abstract: "Train one fold of a configuration.",
    discussion: """
      Examples:
        cac train 501 2d 0 --epochs 200 --device cuda
        cac train 901 2d 0 --minutes 5 --iterations 20     (as many epochs as fit)
      """)

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Argument(help: "The configuration, for example 2d.")
  var configuration: String
  @Argument(help: "The fold, 0 to 4, or all.")
  var fold: Fold
  @OptionGroup var options: TrainOptions
  @OptionGroup var roots: RootOptions

  func run() async throws {
    let training = try TrainingRun(
      dataset: dataset, configuration: configuration, fold: fold, roots: roots.roots,
      options: options.values)
    let summary = try await training.run(progress: ProgressBar().handler)
    print(summary)
  }
}

extension Fold: ExpressibleByArgument {
  /// A fold as it is typed.
  public init?(argument: String) { self.init(argument) }
}

/// What a training run can be told.
struct TrainOptions: ParsableArguments {
  @Option(help: "The number of epochs.")
  var epochs = 200
  @Option(help: "A time budget in minutes: the schedule is shortened to what fits.")
  var minutes: Double?
  @Option(help: "Training steps of an epoch.")
  var iterations = 250
  @Option(help: "Validation steps of an epoch.")
  var validationIterations = 50
  @Option(help: "Samples of a step instead of the plan's.")
  var batchSize: Int?
  @Option(help: "The share of patches that must hold foreground, where their case has some.")
  var foregroundShare = 0.33
  @Option(help: "The smoothing of the Dice loss; 0 is nnU-Net's variant for tiny lesions.")
  var diceSmoothing = 1e-5
  @Option(help: "How much a voxel of the foreground counts in the cross-entropy; nnU-Net's is 1.")
  var foregroundWeight = 1.0
  @Option(help: "sgd (nnU-Net's), or adamw, which learns tiny lesions in fewer steps.")
  var optimizer: OptimizerChoice = .sgd
  @Option(help: "The learning rate of the first epoch (default: sgd 0.01, adamw 0.001).")
  var learningRate: Double?
  @Flag(help: "Do not mirror patches; predictions of the model are not mirrored then either.")
  var noMirroring = false
  @Option(help: "auto, cpu, cuda, cuda:N or mps.")
  var device = "auto"
  @Option(help: "The seed of weights, sampling and augmentation.")
  var seed: UInt64 = 1
  @Flag(name: .customLong("continue"), help: "Go on from the last checkpoint of this fold.")
  var resume = false

  func validate() throws {
    for (name, value) in [
      ("epochs", epochs), ("iterations", iterations),
      ("validation-iterations", validationIterations), ("batch-size", batchSize ?? 1),
    ] where value < 1 {
      throw ValidationError("--\(name) must be at least 1, not \(value)")
    }
    guard (0...1).contains(foregroundShare) else {
      throw ValidationError("--foreground-share must be from 0 to 1, not \(foregroundShare)")
    }
    if let learningRate, !(learningRate > 0 && learningRate <= 1) {
      throw ValidationError("--learning-rate must be above 0 and at most 1, not \(learningRate)")
    }
    guard foregroundWeight > 0, foregroundWeight <= 1e4 else {
      throw ValidationError(
        "--foreground-weight must be above 0 and at most 10000, not \(foregroundWeight)")
    }
    guard (0...1).contains(diceSmoothing) else {
      throw ValidationError("--dice-smoothing must be from 0 to 1, not \(diceSmoothing)")
    }
    if let minutes, !(minutes > 0) {
      throw ValidationError("--minutes must be positive, not \(minutes)")
    }
  }

  var values: TrainingRun.Options {
    .init(
      epochs: epochs, minutes: minutes, iterations: iterations,
      validationIterations: validationIterations, batchSize: batchSize,
      foregroundShare: foregroundShare, diceSmoothing: diceSmoothing,
      foregroundWeight: foregroundWeight, optimizer: optimizer,
      learningRate: learningRate, mirroring: !noMirroring, device: device, seed: seed,
      resume: resume)
  }
}

extension OptimizerChoice: ExpressibleByArgument {}

/// `cac predict`: label maps for new scans.
struct PredictCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Segment calcium in NIfTI files or DICOM folders.",
    discussion: """
      Example: cac predict nnUNet_results/Dataset501_COCA/nnUNetTrainer__nnUNetPlans__2d \
      nnUNet_raw/Dataset501_COCA/imagesTs predictions

      A cascade predicts its previous stage first, with the model beside its own, unless \
      --previous-stage names label maps. Several machines share the work with --parts 2 --part 0 and \
      --part 1 into one folder.
      """)

  @Argument(help: "A model folder (…/nnUNetTrainer__nnUNetPlans__2d).")
  var model: String
  @Argument(help: "A folder of NIfTI files, a folder with DICOM series, or one file of either.")
  var input: String
  @Argument(help: "The folder for the label maps.")
  var output: String
  @Flag(
    help: """
      Keep the probability of each class too, in nnU-Net's .npz and .pkl files, for its ensembles.
      """)
  var probabilities = false
  @Flag(name: .customLong("continue"), help: "Pass over cases whose files are there already.")
  var resume = false
  @Option(help: "For a cascade: the folder with the label maps of its previous stage.")
  var previousStage: String?
  @Option(help: "Into how many parts the cases are divided, to be predicted on several machines.")
  var parts = 1
  @Option(help: "The part to predict, from 0: every case of that number plus multiples of --parts.")
  var part = 0
  @Option(help: "The memory in GB that a case may take (default: what the machine has available).")
  var maxMemory: Double?
  @OptionGroup var options: PredictOptions
  @OptionGroup var study: StudyOptions

  func validate() throws {
    guard parts >= 1 else { throw ValidationError("--parts must be at least 1, not \(parts)") }
    guard (0..<parts).contains(part) else {
      throw ValidationError("--part must be from 0 to \(parts - 1) with --parts \(parts)")
    }
    if let maxMemory, !(maxMemory > 0) {
      throw ValidationError("--max-memory must be positive, not \(maxMemory)")
    }
  }

  func run() async throws {
    var values = options.values
    values.dicom = study.input
    values.probabilities = probabilities
    values.resume = resume
    values.previousStage = previousStage.map(path)
    values.mostMemory = maxMemory.map { $0 * 1e9 }
    values.part = .init(number: part, count: parts)
    let prediction = try PredictionRun(model: path(model), options: values)
    let bar = ProgressBar()
    for note in prediction.notes { bar.say(note) }
    let outcome = try await prediction.run(
      input: path(input), output: path(output), listing: { bar.say("\($0)") },
      progress: bar.handler)
    let earlier = outcome.earlier.isEmpty ? "" : ", \(outcome.earlier.count) were there already"
    print("\(outcome.cases.count) label maps in \(output)\(earlier)")
    try report(leftOut: outcome.leftOut)
  }
}

/// What a prediction can be told.
struct PredictOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: "The folds to average; default: all numbered ones that are trained.")
  var folds: [Fold] = []
  @Flag(help: "Do not average over mirrored copies: 4 times faster in 2D, 8 in 3D.")
  var noMirroring = false
  @Option(help: "The step of the sliding window as a share of the patch.")
  var step = 0.5
  @Option(help: "auto, cpu, cuda, cuda:N or mps.")
  var device = "auto"

  func validate() throws {
    guard step > 0, step <= 1 else {
      throw ValidationError("--step must be above 0 and at most 1, not \(step)")
    }
  }

  var values: PredictionRun.Options {
    .init(
      folds: folds.isEmpty ? nil : folds.map(\.description), mirroring: !noMirroring, step: step,
      device: device)
  }
}
