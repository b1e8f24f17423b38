// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Workflow

/// `cac score`: calcium scores.
struct ScoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score", abstract: "Compute calcium scores of scans with their masks.",
    discussion: """
      Examples:
        cac score ct.nii.gz --mask calcium.nii.gz
        cac score study_folder --model nnUNet_results/…/nnUNetTrainer__nnUNetPlans__2d
        cac score imagesTs --mask predictions --reference labelsTs --csv RESULT.csv
      """)

  @Argument(help: "A NIfTI file, a DICOM folder or file, or a folder of scans.")
  var input: String
  @Option(help: "The mask, or the folder with the masks of a folder of scans.")
  var mask: String?
  @Option(help: "A model folder that makes the masks.")
  var model: String?
  @Option(help: "The reference mask or folder, for the given_ columns of RESULT.csv.")
  var reference: String?
  @Option(help: "The scoring convention.")
  var convention = "agatston"
  @Flag(help: "The score under each convention.")
  var allConventions = false
  @Option(help: "Tube voltage in kV where the file does not say it (NIfTI; default 120).")
  var kv: Double?
  @Option(help: "Thresholds for another voltage than 120 kV, for example graeni2018.")
  var kvTable: String?
  @Flag(help: "Keep 130 HU at another voltage; the result says so.")
  var forceThreshold = false
  @Option(help: "Calibration factor in mg/(cm³·HU); without it no mass is given.")
  var massCalibration: Double?
  @Flag(help: "Print JSON.")
  var json = false
  @Option(help: "Write RESULT.csv.")
  var csv: String?
  @OptionGroup var prediction: PredictOptions
  @OptionGroup var study: StudyOptions

  func validate() throws {
    if mask != nil, model != nil {
      throw ValidationError("--mask and --model exclude each other; give one")
    }
    if let massCalibration, !(massCalibration > 0) {
      throw ValidationError("--mass-calibration must be positive, not \(massCalibration)")
    }
  }

  func run() async throws {
    let scoring = try ScoringRun(
      input: path(input), mask: mask.map(path), model: model.map(path),
      reference: reference.map(path),
      options: .init(
        convention: convention, allConventions: allConventions, kv: kv, kvTable: kvTable,
        forceThreshold: forceThreshold, massCalibration: massCalibration,
        prediction: prediction.values, dicom: study.input))
    let bar = ProgressBar()
    let outcome = try await scoring.run(
      listing: { bar.say("\($0)") }, progress: bar.handler)
    if let csv { try outcome.writeCSV(to: path(csv)) }
    print(json ? try outcome.json : outcome.table)
    try report(leftOut: outcome.leftOut)
  }
}

/// `cac evaluate`: computed against given scores.
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Compare computed scores with the reference.",
    discussion: "Example: cac evaluate RESULT.csv --out evaluation")

  @Argument(help: "One table, or several to compare models.")
  var tables: [String]
  @Option(help: "Write evaluation.json and the figures (SVG, PNG) to this folder.")
  var out: String?
  @Flag(help: "Leave out subjects without calcium, as the seed study did.")
  var excludeZero = false
  @Flag(help: "Print JSON.")
  var json = false

  func run() async throws {
    let evaluation = try EvaluationRun.run(tables: tables.map(path), excludeZero: excludeZero)
    if let out { try evaluation.write(to: path(out)) }
    print(json ? try evaluation.json : evaluation.table)
  }
}

/// `cac report`: one page.
struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "Write one self-contained HTML page.",
    discussion: """
      Example: cac report evaluation --images imagesTs --reference labelsTs \
      --prediction predictions --model nnUNet_results/…/nnUNetTrainer__nnUNetPlans__2d
      """)

  @Argument(help: "A folder that cac evaluate --out has written.")
  var folder: String
  @Option(help: "The scans, for the pictures of slices with calcium.")
  var images: String?
  @Option(help: "The reference masks.")
  var reference: String?
  @Option(help: "The predicted masks.")
  var prediction: String?
  @Option(help: "The model folder, for the learning curve and the plan.")
  var model: String?
  @Option(help: "prepare-report.json, for the cohort and its exclusions.")
  var cohort: String?
  @Option(name: .shortAndLong, help: "The page (default: report.html in the folder).")
  var output: String?

  func run() async throws {
    let page = try await ReportRun(
      folder: path(folder), images: images.map(path), reference: reference.map(path),
      prediction: prediction.map(path), model: model.map(path), cohort: cohort.map(path)
    ).write(to: output.map(path))
    print(page.path)
  }
}

/// `cac doctor`: what this installation runs on.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check libraries, devices, rights and space; say what is wrong and how to mend it.",
    discussion: "Example: cac doctor --json")

  @Flag(help: "Print JSON.")
  var json = false
  @OptionGroup var roots: RootOptions

  func run() async throws {
    let checkup = Doctor.examine(roots: roots.roots)
    print(json ? try checkup.json : checkup.table)
    if !checkup.isHealthy { throw ExitCode.failure }
  }
}
