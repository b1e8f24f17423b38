// SPDX-License-Identifier: Apache-2.0
public import ArgumentParser
import Files
import Foundation
public import NNUNet
import Segmentation

/// `cac plan`: fingerprint and plans.
struct PlanCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan", abstract: "Check a data set, take its fingerprint and plan its networks.",
    discussion: "Example: cac plan 501")

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Option(help: "The planner; default is nnU-Net's ExperimentPlanner.")
  var planner: PlannerVariant = .standard
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

extension PlannerVariant: ExpressibleByArgument {
  /// A planner as it is typed.
  public init?(argument: String) { self.init(word: argument) }
  /// The words that are offered.
  public static var allValueStrings: [String] { allCases.compactMap(\.word) }
  /// The word in the help.
  public var defaultValueDescription: String { word ?? rawValue }
}

extension CTWindow: ExpressibleByArgument {
  /// A window as it is typed, LOW:HIGH.
  public init?(argument: String) { self.init(argument) }
}

/// `cac preprocess`: crop, normalise, resample, store.
struct PreprocessCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "preprocess", abstract: "Crop, normalise and resample the cases of a data set.",
    discussion: """
      Examples:
        cac preprocess 501 -c 2d 3d_fullres
        cac preprocess 501 --plans nnUNetResEncUNetMPlans -c 3d_fullres 3d_lowres
      Cases that are there and still right are kept, so an interrupted run goes on. Several configurations \
      at once read each case once. The residual planners share nnUNetPlans_2d and _3d_fullres with the \
      default one, as in nnU-Net; where their settings differ, the cases are made anew.
      """)

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Option(
    name: .shortAndLong, parsing: .upToNextOption, help: "The configurations to prepare for.")
  var configurations: [String] = ["2d"]
  @Option(help: "The name of the plans; cac plan --planner resenc-m makes nnUNetResEncUNetMPlans.")
  var plans = "nnUNetPlans"
  @OptionGroup var share: PartOptions
  @OptionGroup var roots: RootOptions
  @OptionGroup var jobs: JobOptions

  func run() async throws {
    let summaries = try await DatasetPreprocessing.run(
      dataset: dataset, plans: plans, configurations: configurations, roots: roots.roots,
      jobs: jobs.jobs, part: share.value, progress: ProgressBar().handler)
    for summary in summaries { print(summary) }
  }
}

/// `cac predict`: label maps for new scans.
struct PredictCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "predict", abstract: "Segment calcium in image files or DICOM folders.",
    discussion: """
      Example: cac predict nnUNet_results/Dataset501_COCA/nnUNetTrainer__nnUNetPlans__2d \
      nnUNet_raw/Dataset501_COCA/imagesTs predictions

      A cascade predicts its previous stage first, with the model beside its own, unless \
      --previous-stage names label maps. Several machines share the work with --parts 2 --part 0 and \
      --part 1 into one folder.
      """)

  @Argument(help: "A model folder (…/nnUNetTrainer__nnUNetPlans__2d), or one file; see cac model.")
  var model: String
  @Argument(
    help: """
      A folder of image files in the format of the model's data set or in NIfTI, a folder with DICOM \
      series, or one file of either.
      """)
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
  @Option(help: "A postprocessing.json to apply to the label maps; find-best makes one.")
  var postprocessing: String?
  @Option(help: "For a cascade: the folder with the label maps of its previous stage.")
  var previousStage: String?
  @OptionGroup var share: PartOptions
  @Option(help: "The memory in GB that a case may take (default: what the machine has available).")
  var maxMemory: Double?
  @OptionGroup var options: PredictOptions
  @OptionGroup var study: StudyOptions

  func validate() throws {
    if let maxMemory, !(maxMemory > 0) {
      throw ValidationError("--max-memory must be positive, not \(maxMemory)")
    }
  }

  func run() async throws {
    var values = try options.values
    values.dicom = study.input
    values.probabilities = probabilities
    values.resume = resume
    values.postProcessing = try postprocessing.map { try PostProcessing.read(from: path($0)) }
    values.previousStage = previousStage.map(path)
    values.mostMemory = maxMemory.map { $0 * 1e9 }
    values.part = share.value
    let prediction = try PredictionRun(model: path(model), options: values)
    let bar = ProgressBar()
    for note in prediction.notes { bar.say(note) }
    let outcome = try await prediction.run(
      input: path(input), output: path(output), listing: { bar.say("\($0)") },
      progress: bar.handler)
    let earlier =
      outcome.earlier.isEmpty
      ? "" : ", " + counted(outcome.earlier.count, "was there already", "were there already")
    for remark in outcome.remarks { bar.say(remark) }
    print("\(counted(outcome.cases.count, "label map")) in \(output)\(earlier)")
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
  @OptionGroup var inference: InferenceFlags

  func validate() throws {
    guard step > 0, step <= 1 else {
      throw ValidationError("--step must be above 0 and at most 1, not \(step)")
    }
    if noMirroring, inference.mirrorCandidates {
      throw ValidationError("--mirror-candidates and --no-mirroring exclude each other; give one")
    }
  }

  var values: PredictionRun.Options {
    get throws {
      var values = PredictionRun.Options(
        folds: folds.isEmpty ? nil : folds.map(\.description), mirroring: !noMirroring, step: step,
        device: device)
      values.inference = try inference.values
      values.requiresMirroring = inference.mirrorCandidates
      return values
    }
  }
}
