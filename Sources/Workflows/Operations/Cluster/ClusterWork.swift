// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Segmentation

/// A data set's whole way from plan to evaluation as steps that a cluster can run.
///
/// It is kept in `jobs.json`, so that the status can be told later.
package struct ClusterWork: Sendable, Codable {
  /// What is wanted.
  package struct Options: Sendable, Codable {
    /// The configurations to train.
    package var configurations = ["2d"]
    /// The folds to train.
    package var folds = [0, 1, 2, 3, 4]
    /// How many folds of one configuration run at a time; none for all.
    package var atOnce: Int?
    /// Into how many tasks preparation and prediction are divided.
    package var parts = 1
    /// The last step.
    package var last = "evaluate"
    /// Scans to predict, instead of the data set's `imagesTs`.
    package var input: String?
    /// The folder for predictions and evaluation, instead of one beside the models.
    package var output: String?
    /// Reference label maps, instead of the data set's `labelsTs`.
    package var reference: String?
    /// Further arguments of `cac train`.
    package var training: [String] = []

    package init() {}

    /// The plans that `cac train` takes where it is told no others.
    static let defaultPlans = "nnUNetPlans"

    /// The name of the plans that are trained: those of `--plans` among the arguments of `cac train`.
    var plans: String { trainingValue(of: "--plans") ?? Self.defaultPlans }

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

  /// One step: a script, its tasks, and what has to be done before.
  package struct Step: Sendable, Codable {
    /// The name, for example "train-2d".
    package var name: String
    /// Which settings hold, for example "train".
    var kind: String
    /// The numbers of its tasks; an array where there is more than one.
    var tasks: [Int]
    /// How many tasks run at a time; none for all.
    var atOnce: Int?
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

  /// The steps for a data set.
  init(_ place: Dataset, options: Options) throws {
    dataset = place.name
    self.options = options
    var notes: [String] = []
    let parts = Array(0..<options.parts)
    var steps = [
      Step(name: "plan", kind: "plan", tasks: [0], after: []),
      Step(name: "preprocess", kind: "preprocess", tasks: parts, after: ["plan"]),
    ]
    for configuration in options.configurations {
      // A cascade learns from what the folds of its first stage predicted.
      let stage =
        configuration == "3d_cascade_fullres" && options.configurations.contains("3d_lowres")
        ? ["train-3d_lowres"] : []
      steps.append(
        Step(
          name: "train-\(configuration)", kind: "train", tasks: options.folds,
          atOnce: options.atOnce, after: ["preprocess"] + stage, configuration: configuration))
    }
    steps.append(
      Step(
        name: "find-best", kind: "find-best", tasks: [0],
        after: options.configurations.map { "train-\($0)" }))
    if Folder.isFolder(Self.input(place, options)) {
      steps.append(Step(name: "predict", kind: "predict", tasks: parts, after: ["find-best"]))
      if Folder.isFolder(Self.reference(place, options)) {
        steps.append(Step(name: "evaluate", kind: "evaluate", tasks: [0], after: ["predict"]))
      } else if options.last == "evaluate" {
        notes.append(
          "\(Self.reference(place, options).path) is not there, so nothing will be evaluated")
      }
    } else if ["predict", "evaluate"].contains(options.last) {
      notes.append("\(Self.input(place, options).path) is not there, so nothing will be predicted")
    }
    let wanted = ClusterSettings.steps.prefix { $0 != options.last } + [options.last]
    self.steps = steps.filter { wanted.contains($0.kind) }
    self.notes = notes
  }

  static func input(_ place: Dataset, _ options: Options) -> URL {
    options.input.map { URL(fileURLWithPath: $0) }
      ?? place.rawFolder.appendingPathComponent("imagesTs")
  }

  static func reference(_ place: Dataset, _ options: Options) -> URL {
    options.reference.map { URL(fileURLWithPath: $0) }
      ?? place.rawFolder.appendingPathComponent("labelsTs")
  }

  /// The folder with scripts, logs and stamps.
  static func folder(_ place: Dataset) -> URL {
    place.resultsFolder.appendingPathComponent("cluster")
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
