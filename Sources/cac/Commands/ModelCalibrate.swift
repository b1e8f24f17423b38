// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Files
import Foundation
import Scoring
import Segmentation
import Workflow

/// `cac model calibrate`: makes a model as sure as it should be.
struct ModelCalibrate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract: "Fit how sure a model's scores are, on scans that it never saw.",
    discussion: """
      Examples:
        cac model calibrate nnUNet_results/Dataset501_COCA/nnUNetTrainer__nnUNetPlans__2d \
      nnUNet_raw/Dataset501_COCA/imagesTs --reference nnUNet_raw/Dataset501_COCA/labelsTs
        cac model calibrate my-stages scans --reference masks --check --csv coverage.csv
      One half of the scans fits a temperature of the candidates' probabilities, the other a margin, so that \
      the 90 % range of cac score holds nine of ten scans like these (split conformal prediction). Both are \
      written to calibration.json in the model's folder, which cac model export packs. --check says what the \
      ranges hold of other scans. 18 scans are needed, 100 or more are better; calibrate with the options of \
      --uncertainty and --folds that you score with.
      """)

  @Argument(help: "A model folder; with --check or --out a file, too.")
  var model: String
  @Argument(help: "Scans that training never saw: as for cac score.")
  var scans: String
  @Option(help: "The folder with the reference masks of the scans.")
  var reference: String
  @Option(help: "Write the calibration here instead of into the model's folder.")
  var out: String?
  @Flag(help: "Fit nothing: say what the ranges hold of these scans.")
  var check = false
  @Option(help: "With --check: write a row for each scan.")
  var csv: String?
  @OptionGroup var prediction: PredictOptions
  @OptionGroup var uncertainty: UncertaintyOption

  func validate() throws {
    if csv != nil, !check { throw ValidationError("--csv is for --check; add it, or leave it out") }
    if out != nil, check { throw ValidationError("--check writes no calibration; leave out --out") }
    if uncertainty.uncertainty == .off {
      throw ValidationError("--uncertainty off leaves nothing to calibrate; say quick or full")
    }
  }

  func run() async throws {
    let url = try DefaultModel.url(named: model)
    let target = out.map(path) ?? url.appendingPathComponent(UncertaintyCalibration.fileName)
    if !check, out == nil, !Folder.isFolder(url) {
      throw ValidationError(
        "\(model): is one file; run cac model import, calibrate the folder, then cac model export")
    }
    var request = try prediction.request
    request.uncertainty = uncertainty.uncertainty
    let run = CalibrationRun(model: url, scans: path(scans), masks: path(reference), request)
    let bar = ProgressBar()
    if check {
      let (coverage, leftOut) = try run.check(progress: bar.handler)
      if let csv { try coverage.write(to: path(csv)) }
      print(try coverage.table)
      return try report(leftOut: leftOut)
    }
    let calibration = try run.fit(progress: bar.handler)
    try StagedFile.write(calibration.data, to: target)
    print("\(target.path): \(calibration)")
  }
}

/// How many opinions about each candidate are asked for.
struct UncertaintyOption: ParsableArguments {
  @Option(
    help: """
      How sure a score is: off; quick, by the folds of a model, or the stages' localiser at three places; \
      full, also without mirrored copies and with noise, at several times the cost.
      """)
  var uncertainty: UncertaintyEffort = .quick
}
