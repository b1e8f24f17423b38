// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Evaluation
import Figures
import Files
import Results
import Statistics
import Text
import Workflow

/// `cac evaluate`: computed against given scores.
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Compare computed scores with the reference.",
    discussion: """
      Intervals are bootstrap ones (BCa, 10,000 resamples of subjects) unless told otherwise; \
      subjects without calcium count. Several tables are compared on the same subjects: differences \
      with their intervals, and p values of a permutation test with Holm's correction.

      Examples:
        cac evaluate RESULT.csv --out evaluation
        cac evaluate 2d.csv 3d.csv --out comparison
        cac evaluate RESULT.csv --by kernel --by sex --by-table subjects.csv
        cac evaluate RESULT.csv --erasmus-protocol
        cac evaluate 2d.csv 3d.csv --out comparison --masks labelsTs predictions-2d predictions-3d
        cac evaluate RESULT.csv --cohort nnUNet_raw/Dataset501_COCA/prepare-report.json
      """)

  @Argument(help: "One table, or several to compare models.")
  var tables: [String]
  @Option(help: "Write evaluation.json and the figures (SVG, PNG) to this folder.")
  var out: String?
  @Flag(help: "Leave out subjects without calcium, as the Erasmus study did.")
  var excludeZero = false
  @Option(help: "The number of bootstrap resamples and permutations; 0 for formulas' intervals.")
  var bootstrap: Int?
  @Option(help: "The intervals: bca, percentile, or sd (plus or minus one standard deviation).")
  var interval: BootstrapMethod?
  @Option(help: "The seed of the resamples (default: 0).")
  var seed: UInt64?
  @Flag(
    name: [.customLong("erasmus-protocol"), .customLong("seed-protocol")],
    help: """
      Do as the Erasmus study did: leave out subjects without calcium, give plus or minus one \
      standard deviation of 100 bootstrap resamples. --seed-protocol is its earlier name.
      """)
  var erasmusProtocol = false
  @Option(help: "Metrics for each value of this column, too; once for each column.")
  var by: [String] = []
  @Option(
    help: ArgumentHelp(
      """
      The table that has the columns, with a column patient_name; acquisition.csv of cac coca prepare, \
      for example (default: each RESULT.csv).
      """))
  var byTable: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      The folder of reference masks, then one of predicted masks for each table: counts lesions and \
      voxels. Masks are called SUBJECT.nii.gz, or have another ending of nnU-Net's.
      """, valueName: "folders"))
  var masks: [String] = []
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      With --masks, for each table the folder of cac predict --probabilities: the free-response curve \
      ranks lesions by them (of a model of regions, by the surest region), else by volume.
      """, valueName: "folders"))
  var probabilities: [String] = []
  @Option(
    help: """
      prepare-report.json of the data set: warns of training subjects in the table and of slices that \
      were never looked at.
      """)
  var cohort: String?
  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      """
      prepare-report.json of what each model was trained on, where that is another data set: warns of \
      another contour fill, too.
      """, valueName: "files"))
  var trainedOn: [String] = []
  @Option(help: "The axes of scores in figures: log1p or linear.")
  var axes: Scale = .log1p
  @Flag(help: "Print JSON.")
  var json = false

  func validate() throws {
    if let bootstrap, bootstrap != 0, !(2...10_000_000).contains(bootstrap) {
      throw ValidationError("--bootstrap must be 0, or 2 to 10000000, not \(bootstrap)")
    }
    for (isGiven, name) in [
      (bootstrap != nil, "bootstrap"), (interval != nil, "interval"),
    ] where isGiven && erasmusProtocol {
      throw ValidationError("--erasmus-protocol sets --\(name); give one of them")
    }
    for (isGiven, name) in [
      (interval != nil, "interval"), (seed != nil, "seed"), (!by.isEmpty, "by"),
    ] where isGiven && bootstrap == 0 {
      throw ValidationError("--\(name) needs resamples; leave out --bootstrap 0")
    }
    if !masks.isEmpty, masks.count != tables.count + 1 {
      throw ValidationError(
        "--masks needs the folder of the reference and one for each of "
          + "\(counted(tables.count, "table")), "
          + "not \(counted(masks.count, "folder"))")
    }
    if !probabilities.isEmpty, masks.isEmpty || probabilities.count != tables.count {
      throw ValidationError(
        "--probabilities needs --masks and one folder for each of "
          + counted(tables.count, "table"))
    }
    if byTable != nil, by.isEmpty {
      throw ValidationError("--by-table needs a column; give --by")
    }
    if let twice = by.indices.first(where: { by[..<$0].contains(by[$0]) }) {
      throw ValidationError("--by \(by[twice]) is given twice; give each column once")
    }
  }

  private var options: EvaluationOptions {
    var options = erasmusProtocol ? EvaluationOptions.erasmusStudy : EvaluationOptions()
    if excludeZero { options.excludesZero = true }
    if bootstrap == 0 { options.bootstrap = nil }
    if let bootstrap { options.bootstrap?.resamples = bootstrap }
    if let interval { options.bootstrap?.method = interval }
    if let seed { options.bootstrap?.seed = seed }
    return options
  }

  func run() async throws {
    let evaluation = try await EvaluationRun.run(
      tables: tables.map(path), options: options, by: by, subjects: byTable.map(path),
      masks: EvaluationMasks(
        reference: masks.first.map(path), predictions: masks.dropFirst().map(path),
        probabilities: probabilities.map(path)),
      cohort: cohort.map(path), trainedOn: trainedOn.map(path))
    if let out { try evaluation.write(to: path(out), scale: axes) }
    print(json ? try evaluation.json : evaluation.table)
    for warning in evaluation.warnings {
      writeToStandardError("warning: \(warning)")
    }
  }
}
