// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import NNUNet
import Segmentation
import Workflow

/// The pipeline of a data set, from its plan to the evaluation, as steps that a cluster can run.
///
/// It is written to `jobs.json`, from which `ClusterStatus` reads it.
///
/// ```swift
/// var options = ClusterWork.Options()
/// options.configurations = ["2d", "3d_fullres"]
/// let work = try ClusterWork(Dataset("501", roots: roots), options: options)
/// print(work.steps.map(\.name))  // plan, preprocess, train-2d, …
/// ```
package struct ClusterWork: Sendable, Codable {
  /// The options of the pipeline.
  package struct Options: Sendable, Codable {
    /// The configurations to train.
    package var configurations = ["2d"]
    /// The folds to train.
    package var folds = [0, 1, 2, 3, 4]
    /// How many folds of one configuration run at a time; none for all.
    package var maxParallel: Int?
    /// Into how many tasks preparation and prediction are divided.
    package var parts = 1
    /// The last step.
    package var lastStep = StepKind.evaluate
    /// Scans to predict, instead of the data set's `imagesTs`.
    package var input: String?
    /// The folder for predictions and evaluation, instead of one beside the models.
    package var output: String?
    /// Reference label maps, instead of the data set's `labelsTs`.
    package var reference: String?
    /// Further arguments of `cac train`.
    package var training: [String] = []

    /// The 2D configuration in five folds.
    package init() {}

    /// The name of the plans that are trained: those of `--plans` among the arguments of `cac train`.
    var plans: String { trainingValue(of: "--plans") ?? Plans.defaultName }

    /// The network that is trained in the place of nnU-Net's: that of `--network` among them.
    var network: String? { trainingValue(of: "--network") }

    /// The folder of the models of a configuration.
    func modelFolder(_ dataset: Dataset, _ configuration: String) -> URL {
      dataset.modelFolder(
        trainer: network ?? ModelName.defaultTrainer, plans: plans, configuration: configuration)
    }

    /// The value of an option among the arguments of `cac train`; of several the last one counts.
    func trainingValue(of option: String) -> String? {
      for index in training.indices.reversed() {
        if training[index].hasPrefix("\(option)=") {
          return String(training[index].dropFirst(option.count + 1))
        }
        if training[index] == option, index + 1 < training.count { return training[index + 1] }
      }
      return nil
    }
  }

  /// What the tasks of a step do; the resources of `ClusterSettings` are named after it.
  package enum StepKind: String, Sendable, Codable, CaseIterable {
    case plan, preprocess, train
    case findBest = "find-best"
    case predict, evaluate
  }

  /// One step: a script, its tasks, and what has to be done before.
  package struct Step: Sendable, Codable {
    /// The name, for example "train-2d".
    package var name: String
    /// What its tasks do.
    var kind: StepKind
    /// The numbers of its tasks; an array where there is more than one.
    var tasks: [Int]
    /// How many tasks run at a time; none for all.
    var maxParallel: Int?
    /// The names of the steps that it waits for.
    var after: [String]
    /// The configuration that is trained.
    var configuration: String?
    /// Slurm's number, once it is submitted.
    package var job: String?
  }

  /// The data set's full name.
  let dataset: String
  let options: Options
  /// The steps in an order in which they can run one after the other.
  package var steps: [Step]
  /// What is left out and why, a sentence each.
  package let notes: [String]

  /// The steps for a data set, as far as their input is there.
  ///
  /// - Throws: `WorkflowError` for another network in several configurations.
  init(_ dataset: Dataset, options: Options) throws {
    if let network = options.network, options.configurations.count > 1 {
      throw WorkflowError(
        .invalid,
        "--network \(network) has a grid of its own, so one configuration is enough: give one after -c"
      )
    }
    self.dataset = dataset.name
    self.options = options
    var notes: [String] = []
    let parts = Array(0..<options.parts)
    var steps: [Step] = []
    if Self.planner(options) != nil {
      steps.append(Step(name: "plan", kind: .plan, tasks: [0], after: []))
    } else {
      // Only the user knows how plans of a name of their own were made.
      notes.append("\(options.plans) are plans of your own, so the step plan is left out")
    }
    // Other networks read the scans as they are, and nnU-Net's choice is among its own models.
    let isOther = options.network != nil
    if !isOther {
      steps.append(
        Step(name: "preprocess", kind: .preprocess, tasks: parts, after: steps.map(\.name)))
    }
    let prepared = steps.suffix(1).map(\.name)
    for configuration in options.configurations {
      // A cascade learns from what the folds of its first stage predicted.
      let stage =
        configuration == "3d_cascade_fullres" && options.configurations.contains("3d_lowres")
        ? ["train-3d_lowres"] : []
      steps.append(
        Step(
          name: "train-\(configuration)", kind: .train, tasks: options.folds,
          maxParallel: options.maxParallel, after: prepared + stage,
          configuration: configuration))
    }
    let trained = options.configurations.map { "train-\($0)" }
    if !isOther {
      steps.append(Step(name: "find-best", kind: .findBest, tasks: [0], after: trained))
    }
    if Folder.isFolder(Self.input(dataset, options)) {
      steps.append(
        Step(
          name: "predict", kind: .predict, tasks: parts,
          after: isOther ? trained : ["find-best"]))
      if Folder.isFolder(Self.reference(dataset, options)) {
        steps.append(Step(name: "evaluate", kind: .evaluate, tasks: [0], after: ["predict"]))
      } else if options.lastStep == .evaluate {
        notes.append(
          "\(Self.reference(dataset, options).path) is not there, so nothing will be evaluated")
      }
    } else if [.predict, .evaluate].contains(options.lastStep) {
      notes.append(
        "\(Self.input(dataset, options).path) is not there, so nothing will be predicted")
    }
    let wanted = StepKind.allCases.prefix { $0 != options.lastStep } + [options.lastStep]
    self.steps = steps.filter { wanted.contains($0.kind) }
    self.notes = notes
  }

  /// The planner whose plans are trained; `nil` for plans of a name of the user's own.
  static func planner(_ options: Options) -> PlannerVariant? {
    PlannerVariant.allCases.first { $0.plansName == options.plans && $0.word != nil }
  }

  static func input(_ dataset: Dataset, _ options: Options) -> URL {
    options.input.map { URL(fileURLWithPath: $0) }
      ?? dataset.rawFolder.appendingPathComponent("imagesTs")
  }

  static func reference(_ dataset: Dataset, _ options: Options) -> URL {
    options.reference.map { URL(fileURLWithPath: $0) }
      ?? dataset.rawFolder.appendingPathComponent("labelsTs")
  }

  /// The folder with scripts, logs and stamps.
  static func folder(_ dataset: Dataset) -> URL {
    dataset.resultsFolder.appendingPathComponent("cluster")
  }

  /// The file that says that a task is done; scripts make it beside and rename it.
  static func stamp(_ step: Step, _ task: Int, in folder: URL) -> URL {
    folder.appendingPathComponent("stamps/\(step.name)-\(task)")
  }

  /// The script of a step.
  static func script(_ step: Step, in folder: URL) -> URL {
    folder.appendingPathComponent("\(step.name).sh")
  }
}
