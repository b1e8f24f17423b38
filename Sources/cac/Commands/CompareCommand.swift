// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Files
import Foundation
import Prognosis
import Report
import Segmentation
import Workflow

/// `cac compare`: a patient's calcium from one scan to the next.
struct CompareCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compare the calcium of two scans of one patient: progression, by artery and lesion.",
    discussion: """
      Both scans are scored by one convention, and what differs in how they were made is named. The \
      change is given in all, a year, relative and as square root, and held against what repeated scans \
      differ by (Sevrukov 2005, MESA, Hokanson 2004). The earlier heart is brought onto the later one, and \
      lesions are followed: same, grown, smaller, new, gone, merged, split. Scans whose headers name \
      different patients are refused.

      Examples:
        cac compare scan_2021 scan_2025 --page progression.html
        cac compare 2021.nii.gz 2025.nii.gz --mask 2021_mask.nii.gz --mask 2025_mask.nii.gz --years 4.1
        cac compare score_2021.json score_2025.json --years 4.1 --bmi 27
      """)

  @Argument(help: "The earlier study, or its result as JSON of cac score --json.")
  var prior: String
  @Argument(help: "The later study, or its result.")
  var current: String
  @Option(
    help: "The mask of the earlier study, and once more that of the later one (default: a model's)."
  )
  var mask: [String] = []
  @Option(help: "The model that makes the masks (default: the default model).")
  var model: String?
  @Option(help: "The years between the scans, where the headers do not say it.")
  var years: Double?
  @Option(help: "The patient's body mass index in kg/m², for MESA's limits.")
  var bmi: Double?
  @Option(help: "The scoring convention of both.")
  var convention = "agatston"
  @Option(help: "Tube voltage in kV where the files do not say it.")
  var kv: Double?
  @Flag(help: "Compare scans whose headers name different patients, too; the result says so.")
  var force = false
  @Flag(help: "Print JSON.")
  var json = false
  @Option(help: "Write one HTML page with the lesions side by side.")
  var page: String?
  @OptionGroup var study: StudyOptions

  func validate() throws {
    if !mask.isEmpty, mask.count != 2 {
      throw ValidationError(
        "--mask is given twice, for the earlier and for the later study, or not at all")
    }
    if !mask.isEmpty, model != nil {
      throw ValidationError("--mask and --model exclude each other; give one")
    }
    if let years, !(years > 0 && years < 120) {
      throw ValidationError("--years must be above 0 and below 120, not \(years)")
    }
    if let bmi, !(10...80).contains(bmi) {
      throw ValidationError("--bmi must be from 10 to 80 kg/m², not \(bmi)")
    }
  }

  func run() async throws {
    var request = ComparisonRequest(prior: path(prior), current: path(current))
    if mask.count == 2 { request.masks = (path(mask[0]), path(mask[1])) }
    let isScan = [prior, current].contains { !$0.lowercased().hasSuffix(".json") }
    if mask.isEmpty, isScan {
      request.model = try DefaultModel.url(named: model ?? DefaultModel.word)
    }
    request.convention = convention
    request.kv = kv
    (request.years, request.bodyMassIndex, request.force) = (years, bmi, force)
    request.dicom = study.input
    let bar = ProgressBar()
    let comparison = try await ComparisonRun(request).run(say: bar.say, progress: bar.handler)
    if let page {
      let date = String(Date.now.formatted(.iso8601).prefix(10))
      try HTMLReport(ComparisonPage.content(comparison, date: date)).write(to: path(page))
      try RunRecord(command: "compare").write(beside: path(page))
    }
    print(json ? try ComparisonText.json(comparison) : ComparisonText.text(comparison))
  }
}
