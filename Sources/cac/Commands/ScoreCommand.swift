// SPDX-License-Identifier: Apache-2.0
import Agatston
import ArgumentParser
import Figures
import Foundation
import Operations
import Results
import Scoring
import Segmentation

/// `cac score`: calcium scores.
struct ScoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "score",
    abstract: "Compute calcium scores of scans, or list what might be calcium.",
    discussion: """
      Without --mask or --model, the default model that comes with cac finds the calcium. It is no \
      medical device: look at what was found (cac predict default … --stages), and at the doubts that \
      the result names. A scan without a heart is refused.

      Examples:
        One study, with its arteries, lesions and quality:
          cac score study_folder
          cac score ct.nii.gz --mask calcium.nii.gz
        A page to look at, with pictures of the heart and its lesions:
          cac score study_folder --page score.html
        What might be calcium, to label by hand:
          cac score study_folder --candidates --min-volume 2 --csv candidates.csv
        With a model of one's own:
          cac score study_folder --model …/nnUNetTrainer__nnUNetPlans__2d
        What other tools would say, another volume, a mass:
          cac score ct.nii.gz --mask calcium.nii.gz --all-conventions
          cac score ct.nii.gz --mask calcium.nii.gz --volume isotropic --json
          cac score ct.nii.gz --mask calcium.nii.gz --mass-calibration 0.78
        A scan at 100 kV:
          cac score ct.nii.gz --mask m.nii.gz --kv 100 --kv-table graeni2018
        A folder of studies, against references, by artery, by lesion:
          cac score imagesTs --mask predictions --reference labelsTs --csv RESULT.csv
          cac score imagesTs --mask predictions --arteries-csv arteries.csv
          cac score imagesTs --mask predictions --lesions-csv lesions.csv
        COCA's non-gated half against its own table:
          cac score deidentified_nongated --model … --reference-xlsx scores.xlsx --csv RESULT.csv
      """)

  @Argument(
    help: "A NIfTI, NRRD, MetaImage or GIPL file, a DICOM folder or file, or a folder of scans.")
  var input: String
  @Option(
    help: """
      The mask, or the folder with the masks of a folder of scans; a Segmentation of DICOM, too.
      """)
  var mask: String?
  @Option(
    help: """
      A model folder, or a model in one file, that makes the masks (default: the default model).
      """)
  var model: String?
  @Flag(help: "List what might be calcium instead of scoring.")
  var candidates = false
  @Option(
    help: """
      The reference mask or folder, or a structured report of DICOM, for the given_ columns of \
      RESULT.csv.
      """)
  var reference: String?
  @Option(
    help: """
      The scores.xlsx of COCA's non-gated half, for the given_ columns of RESULT.csv; a row 12A \
      belongs to the study 12.
      """)
  var referenceXlsx: String?
  @OptionGroup var total: TotalOptions
  @Option(
    help: """
      What mask values mean: calcium (any but 0), arteries (1 LM, 2 LAD, 3 LCX, 4 RCA), or auto: arteries if \
      any mask has a value above 1.
      """)
  var labels: LabelsChoice = .auto
  @Option(
    help: """
      The scoring convention: agatston, erasmus (the Erasmus study's; files call it seed), ai-cac, \
      deepcac, van-velzen or orcascore.
      """)
  var convention = "agatston"
  @Flag(help: "The score under each convention.")
  var allConventions = false
  @Option(help: "Tube voltage in kV where the file does not say it (all but DICOM; default 120).")
  var kv: Double?
  @Option(help: "Thresholds for another voltage than 120 kV: graeni2018.")
  var kvTable: String?
  @Flag(help: "Keep 130 HU at another voltage; the result says so.")
  var forceThreshold = false
  @Option(help: "How volume is counted: voxel, or isotropic (resampled HU within the mask).")
  var volume: VolumeChoice = .voxel
  @Option(help: "The step of the isotropic grid in mm.")
  var isotropicStep = 0.5
  @Option(
    help: """
      Calibration factor in mg/(cm³·HU); without it mass is given where the header has a factor \
      (0018,9351 or 9352).
      """)
  var massCalibration: Double?
  @Option(
    name: .customLong("object-hu"),
    help: "Attenuation of solid calcium in HU, for lesion volumes by integrated intensity.")
  var objectHU: Double?
  @Option(help: "The smallest candidate to list, in mm³ (with --candidates).")
  var minVolume: Double?
  @Flag(help: "Print JSON.")
  var json = false
  @Option(help: "Write RESULT.csv, a row a study; with --candidates, these.")
  var csv: String?
  @Option(
    name: .customLong("arteries-csv"),
    help: "Write a row for each study and artery, and one for their total.")
  var arteriesCSV: String?
  @Option(name: .customLong("lesions-csv"), help: "Write a row for each lesion.")
  var lesionsCSV: String?
  @Option(
    help: "Write one HTML page: scores, doubts, pictures of the heart and its lesions.")
  var page: String?
  @OptionGroup var prediction: PredictOptions
  @OptionGroup var uncertainty: UncertaintyOption
  @OptionGroup var study: StudyOptions

  func validate() throws {
    if mask != nil, model != nil {
      throw ValidationError("--mask and --model exclude each other; give one")
    }
    if candidates, mask != nil || model != nil {
      throw ValidationError("--candidates needs no --mask and no --model; leave them out")
    }
    func require(_ value: Double?, _ name: String, above bound: Double = 0) throws {
      if let value, !(value > bound && value.isFinite) {
        throw ValidationError("--\(name) must be above \(Int(bound)), not \(value)")
      }
    }
    try require(kv, "kv")
    try require(massCalibration, "mass-calibration")
    try require(objectHU, "object-hu", above: 130)
    guard isotropicStep >= 0.1, isotropicStep <= 10 else {
      throw ValidationError("--isotropic-step must be from 0.1 to 10 mm, not \(isotropicStep)")
    }
    if let minVolume, !(minVolume >= 0 && minVolume.isFinite) {
      throw ValidationError("--min-volume must not be negative, not \(minVolume)")
    }
    if kvTable != nil, forceThreshold {
      throw ValidationError("--kv-table and --force-threshold exclude each other; give one")
    }
    if reference != nil, referenceXlsx != nil {
      throw ValidationError("--reference and --reference-xlsx exclude each other; give one")
    }
    if reference?.lowercased().hasSuffix(".xlsx") == true {
      throw ValidationError("--reference is for masks; give the workbook as --reference-xlsx")
    }
    if candidates {
      for (isGiven, name) in [
        (reference != nil, "reference"), (referenceXlsx != nil, "reference-xlsx"),
        (arteriesCSV != nil, "arteries-csv"), (page != nil, "page"),
        (lesionsCSV != nil, "lesions-csv"), (allConventions, "all-conventions"),
      ] where isGiven {
        throw ValidationError("--\(name) is about scores, and --candidates makes none; give one")
      }
    } else if minVolume != nil {
      throw ValidationError("--min-volume is for candidates; add --candidates, or leave it out")
    }
    if mask == nil, labels != .auto {
      throw ValidationError("--labels is about masks; a model knows its labels")
    }
  }

  private var request: ScoringRequest {
    get throws {
      var request = ScoringRequest(input: path(input))
      request.mask = mask.map(path)
      // What costs nothing to find out is said before anything is read.
      request.model =
        mask == nil && !candidates ? try DefaultModel.url(named: model ?? DefaultModel.word) : nil
      request.reference = reference.map(path)
      request.referenceTable = referenceXlsx.map(path)
      request.convention = convention
      request.allConventions = allConventions
      request.kv = kv
      request.kvTable = kvTable
      request.forceThreshold = forceThreshold
      request.massCalibration = massCalibration
      request.objectAttenuation = objectHU
      request.volumeMethod = volume.method(step: isotropicStep)
      request.labels = labels.labels
      request.minimumVolume = minVolume ?? 0
      request.disagreeingTotal = total.disagreeingTotal
      request.prediction = try prediction.request
      request.prediction.uncertainty = uncertainty.uncertainty
      request.page = page.map(path)
      request.dicom = study.input
      return request
    }
  }

  func run() async throws {
    let scoring = try ScoringRun(request)
    let bar = ProgressBar()
    let outcome = try await scoring.run(
      listing: { bar.say("\($0)") }, say: bar.say, progress: bar.handler)
    for remark in outcome.remarks { bar.say(remark) }
    if let csv { try outcome.writeCSV(to: path(csv)) }
    if let arteriesCSV { try outcome.writeArteries(to: path(arteriesCSV)) }
    if let lesionsCSV { try outcome.writeLesions(to: path(lesionsCSV)) }
    print(json ? try outcome.json : outcome.table)
    try report(leftOut: outcome.leftOut)
  }
}

/// The words of `--volume`; `--isotropic-step` completes them.
enum VolumeChoice: String, CaseIterable {
  case voxel, isotropic

  /// The rule for a step in mm.
  func method(step: Double) -> VolumeMethod {
    switch self {
    case .voxel: .voxel
    case .isotropic: .isotropic(step: step)
    }
  }
}

/// The words of `cac score --labels`: a meaning, or that the masks shall tell.
enum LabelsChoice: String, CaseIterable {
  case auto, calcium, arteries

  /// The meaning; `nil` where the masks tell.
  var labels: MaskLabels? { MaskLabels(rawValue: rawValue) }
}
