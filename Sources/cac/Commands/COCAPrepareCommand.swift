// SPDX-License-Identifier: Apache-2.0
import Agatston
import ArgumentParser
import COCA
import Cohorts

/// `cac coca prepare`: to nnU-Net's raw layout.
struct COCAPrepareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare",
    abstract: "Turn a COCA tree into an nnU-Net raw data set.",
    discussion: """
      Example: cac coca prepare Gated_release_final --dataset 501_COCA --dimension 3d \
      --test-fraction 0.2

      Subjects that an earlier run has finished, from the same files with the same options, are \
      kept; prepare-report.txt tells what became of each.
      """)

  @Argument(help: "The root of the tree.")
  var root: String
  @Option(help: "The data set's number and name, for example 501_COCA.")
  var dataset: String
  @Option(help: "3d: one file per subject, for 2d and 3d_fullres; 2d: one file per slice.")
  var dimension: Preparation.Dimension
  @Option(help: "all slices, or annotated ones only (2d, as the Erasmus study did).")
  var slices: Preparation.Slices = .all
  @Option(help: "calcium (one label) or arteries (LM 1, LAD 2, LCX 3, RCA 4).")
  var labels: MaskLabels = .calcium
  @Option(help: "A file with the ids of the test subjects, one a line or a JSON list.")
  var testIds: String?
  @Option(help: "The share of the subjects that become test subjects, stratified by class.")
  var testFraction: Double?
  @Option(help: "The seed of the split.")
  var seed: UInt64 = 1
  @Option(
    help: """
      exact, or erasmus: the Erasmus study's rounding, 82 % larger, for its numbers only (seed is its \
      earlier name, which files keep).
      """)
  var contourFill = ContourFillArgument.exact
  @Option(help: "keep or drop subjects without an annotation (they have no calcium).")
  var implicitZeros: Preparation.ImplicitZeros = .keep
  @OptionGroup var repair: RepairOptions
  @Option(help: "Compression of the NIfTI files, 0 (none) and 1 (fast) to 12 (small).")
  var compression = 1
  @OptionGroup var roots: RootOptions
  @OptionGroup var jobs: JobOptions

  func validate() throws {
    guard (0...12).contains(compression) else {
      throw ValidationError("--compression must be between 0 and 12, not \(compression)")
    }
    if testIds != nil, testFraction != nil {
      throw ValidationError("--test-ids and --test-fraction exclude each other; give one")
    }
    if let testFraction, !(0..<1).contains(testFraction) {
      throw ValidationError("--test-fraction must be at least 0 and below 1, not \(testFraction)")
    }
    if slices == .annotated, dimension == .threeD {
      throw ValidationError("--slices annotated needs --dimension 2d: a 3d file holds all slices")
    }
  }

  func run() async throws {
    let preparation = try Preparation(
      root: path(root), dataset: dataset, dimension: dimension, slices: slices, labels: labels,
      test: testIds.map { .ids(path($0)) } ?? testFraction.map { .fraction($0, seed: seed) }
        ?? .none, fill: contourFill.fill, implicitZeros: implicitZeros,
      compression: compression, roots: roots.roots, dicom: repair.input)
    let outcome = try await preparation.run(jobs: jobs.jobs, progress: ProgressBar().handler)
    print(outcome.summary)
    for note in outcome.notes ?? [] { writeToStandardError("note: \(note)") }
    try report(leftOut: outcome.leftOut)
  }
}
