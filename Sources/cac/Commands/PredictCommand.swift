// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Files
import Foundation
import NNUNet
import Segmentation
import Text

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

      The default model, and folders of stages: cac predict default study masks --stages seen
      writes what each stage saw: maps, candidates with their probabilities, and pictures.
      """)

  @Argument(help: "A model folder (…/nnUNetTrainer__nnUNetPlans__2d), one file, or default.")
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
  @Flag(name: .customLong("continue"), help: "Skip cases whose files are there already.")
  var resume = false
  @Option(help: "A postprocessing.json to apply to the label maps; find-best makes one.")
  var postprocessing: String?
  @Option(help: "For a cascade: the folder with the label maps of its previous stage.")
  var previousStage: String?
  @Option(help: "For a model of stages: the folder for what each of them saw.")
  var stages: String?
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
    var request = try options.request
    request.probabilities = probabilities
    request.resume = resume
    request.postProcessing = try postprocessing.map { try PostProcessing.read(from: path($0)) }
    request.previousStage = previousStage.map(path)
    request.mostMemory = maxMemory.map { $0 * 1e9 }
    request.part = share.value
    let url = try DefaultModel.url(named: model)
    if StagedModelSource.canOpen(url) { return try runStages(url, request) }
    if stages != nil {
      throw ValidationError("--stages is for models of stages; \(model) is none")
    }
    let prediction = try PredictionRun(model: url, request)
    let bar = ProgressBar()
    for note in prediction.notes { bar.say(note) }
    let outcome = try await prediction.run(
      input: path(input), output: path(output), dicom: study.input, listing: { bar.say("\($0)") },
      progress: bar.handler)
    try show(outcome, bar)
  }

  private func runStages(_ url: URL, _ request: PredictionRequest) throws {
    let prediction = try StagedPredictionRun(model: url, request)
    let bar = ProgressBar()
    for note in prediction.notes { bar.say(note) }
    let outcome = try prediction.run(
      input: path(input), output: path(output), stages: stages.map(path), dicom: study.input,
      listing: { bar.say("\($0)") }, progress: bar.handler)
    try show(outcome, bar)
  }

  private func show(_ outcome: PredictionRun.Outcome, _ bar: ProgressBar) throws {
    let earlier =
      outcome.earlier.isEmpty
      ? "" : ", " + counted(outcome.earlier.count, "was there already", "were there already")
    for remark in outcome.remarks { bar.say(remark) }
    print("\(counted(outcome.cases.count, "label map")) in \(output)\(earlier)")
    try report(leftOut: outcome.leftOut)
  }
}
