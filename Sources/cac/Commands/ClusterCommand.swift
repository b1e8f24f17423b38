// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Files
import Foundation
import Operations
import Workflow

/// `cac cluster`: the whole way on a cluster.
struct ClusterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster", abstract: "Run a data set's whole way on a Slurm cluster, or by bash.",
    discussion: """
      Plan, preprocess, every fold as an array of tasks, find-best, predict imagesTs, evaluate. The \
      scripts lie in the data set's results folder under cluster, and run under sbatch and bash alike.
      """,
    subcommands: [ClusterSubmit.self, ClusterHere.self, ClusterState.self])
}

/// What is to be run, and with which resources.
struct ClusterOptions: ParsableArguments {
  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Option(
    name: .shortAndLong, parsing: .upToNextOption, help: "The configurations to train.")
  var configurations: [String] = ["2d"]
  @Option(parsing: .upToNextOption, help: "The folds, as 0-4 or 0 1 2.")
  var folds: [FoldRange] = [FoldRange(0...4)]
  @Option(help: "How many folds of one configuration run at a time (default: all).")
  var atOnce: Int?
  @Option(help: "Into how many tasks preprocessing and prediction are divided.")
  var parts = 1
  @Option(help: "The last step: plan, preprocess, train, find-best, predict or evaluate.")
  var until = "evaluate"
  @Option(help: "Scans to predict (default: the data set's imagesTs).")
  var input: String?
  @Option(
    help: "The folder for predictions and evaluation (default: predictions beside the scripts).")
  var output: String?
  @Option(help: "Reference label maps of these scans (default: the data set's labelsTs).")
  var reference: String?
  @Option(
    help: """
      A file of lines such as train.time = 24:00:00, partition = gpu or setup = module load cuda.
      """)
  var settings: String?
  @Option(
    name: .customLong("set"),
    help: "One such line, over the file's: --set train.gpus=2; repeatable.")
  var overrides: [String] = []
  @Argument(parsing: .postTerminator, help: "Further arguments of cac train.")
  var training: [String] = []
  @OptionGroup var roots: RootOptions

  func validate() throws {
    guard ClusterSettings.steps.contains(until) else {
      throw ValidationError(
        "--until must be one of \(ClusterSettings.steps.joined(separator: ", ")), not \(until)")
    }
    guard (1...1000).contains(parts) else {
      throw ValidationError("--parts must be from 1 to 1000, not \(parts)")
    }
    if let atOnce, atOnce < 1 {
      throw ValidationError("--at-once must be at least 1, not \(atOnce)")
    }
    guard Set(configurations).count == configurations.count, !configurations.isEmpty else {
      throw ValidationError("-c names a configuration twice, or none")
    }
  }

  func run() throws -> ClusterRun {
    var options = ClusterWork.Options()
    options.configurations = configurations
    options.folds = try FoldRange.numbers(folds)
    options.atOnce = atOnce
    options.parts = parts
    options.last = until
    options.input = input.map { path($0).path }
    options.output = output.map { path($0).path }
    options.reference = reference.map { path($0).path }
    options.training = training
    guard let executable = Bundle.main.executableURL else {
      throw WorkflowError("the path of cac itself cannot be found; start it by its full path")
    }
    return try ClusterRun(
      dataset: dataset, options: options,
      settings: ClusterSettings(file: settings.map(path), overrides: overrides),
      roots: roots.roots, executable: executable)
  }
}

/// Notes of a run on standard error.
private func tell(_ notes: [String]) {
  for note in notes { FileHandle.standardError.write(Data("note: \(note)\n".utf8)) }
}

/// `cac cluster submit`: to Slurm.
struct ClusterSubmit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit", abstract: "Write the scripts and submit them to Slurm.",
    discussion: """
      Example: cac cluster submit 501 -c 2d 3d_fullres --at-once 2 --set train.time=24:00:00 -- \
      --epochs 200 --device cuda
      Jobs may be requeued at any time: done tasks are passed over, trainings go on.
      """)

  @OptionGroup var options: ClusterOptions
  @Flag(help: "Print the scripts; write and submit nothing.")
  var dryRun = false

  func run() async throws {
    var run = try options.run()
    tell(run.work.notes)
    guard !dryRun else {
      print(run.text)
      return
    }
    try run.submit()
    for step in run.work.steps { print("\(step.job ?? "–")  \(step.name)") }
    print("cac cluster status \(options.dataset) tells how far they are")
  }
}

/// `cac cluster run`: by bash.
struct ClusterHere: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run the same scripts here by bash, one after the other.",
    discussion: """
      Example: cac cluster run 501 -c 2d --folds 0-1 -- --epochs 20
      What was done before is passed over, so the same line goes on after an interruption.
      """)

  @OptionGroup var options: ClusterOptions

  func run() async throws {
    let run = try options.run()
    tell(run.work.notes)
    let status = try run.runHere()
    guard status == 0 else {
      throw WorkflowError("a step failed, see above; the same command goes on where it stopped")
    }
  }
}

/// `cac cluster status`: what waits, runs and is done.
struct ClusterState: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Tell what waits, runs and is done, and how long it will take.",
    discussion: "Example: cac cluster status 501")

  @Argument(help: "The data set: its number or its full name.")
  var dataset: String
  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var roots: RootOptions

  func run() async throws {
    let status = try ClusterStatus(dataset: dataset, roots: roots.roots)
    print(json ? String(decoding: try JSONFile.data(status), as: UTF8.self) : status.table)
  }
}
