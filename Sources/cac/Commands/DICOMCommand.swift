// SPDX-License-Identifier: Apache-2.0
import Agatston
import ArgumentParser
import DICOMResults
import Files
import Foundation
import ReviewArguments
import Scoring
import Segmentation
import Studies
import Workflow

/// `cac dicom`: results as DICOM objects.
struct DICOMCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dicom",
    abstract: "Write the result of a study as DICOM objects, for an archive of images.",
    discussion: """
      Without --mask or --model, the default model finds the calcium. Without a kind, --seg, --sr, --pdf and \
      --sc are written. The objects take over patient and study from the scan, so they tell who was \
      examined; nothing else that cac writes does.

      Examples:
        cac dicom study_folder -o results
        cac dicom study_folder --mask calcium.nii.gz --origin reader --seg --sr -o results
        cac score study_folder --mask results/seg.dcm
        What a reader signed on the page of cac review:
          cac dicom study_folder --review review.cacreview -o results
      """)

  @Argument(help: "A DICOM folder or file: one study.")
  var study: String
  @Option(help: "The mask.")
  var mask: String?
  @Option(
    help: """
      A model folder, or a model in one file, that makes the mask (default: the default model).
      """)
  var model: String?
  @Option(
    help: """
      A store of cac review: the signed reading of the study, of its adjudicator or first reader, is the \
      mask, and who signed it is the reader.
      """)
  var review: String?
  @Option(name: .shortAndLong, help: "The folder for the objects.")
  var output: String
  @Flag(help: "A Segmentation: a segment for each artery, a frame for each slice.")
  var seg = false
  @Flag(help: "A label map, which software of before 2024 does not read.")
  var labelmap = false
  @Flag(help: "A structured report (Comprehensive SR, TID 1500) with the numbers.")
  var sr = false
  @Flag(help: "An encapsulated PDF.")
  var pdf = false
  @Flag(help: "Secondary captures: pictures with outlines and the table.")
  var sc = false
  @Option(
    help: """
      Who made the mask: ai, corrected or reader. (default: ai for a model and for masks that cac \
      predict wrote, else reader)
      """)
  var origin: ResultOrigin?
  @Option(help: "The reader's name for the report, as Family^Given.")
  var reader: String?
  @Flag(
    name: .customLong("stable-uids"),
    help: """
      Derive the objects' identifiers from the series and the result, so that the same result sent again \
      replaces the first.
      """)
  var stableUIDs = false
  @Option(
    help:
      "What mask values mean: calcium, arteries (1 LM, 2 LAD, 3 LCX, 4 RCA), or auto: arteries if above 1."
  )
  var labels: LabelsChoice = .auto
  @Option(help: "The scoring convention, as for cac score.")
  var convention = "agatston"
  @Option(help: "Thresholds for another voltage than 120 kV: graeni2018.")
  var kvTable: String?
  @Flag(help: "Keep 130 HU at another voltage; the result says so.")
  var forceThreshold = false
  @Option(help: "Calibration factor in mg/(cm³·HU), instead of the header's.")
  var massCalibration: Double?
  @OptionGroup var prediction: PredictOptions
  @OptionGroup var series: StudyOptions

  func validate() throws {
    if mask != nil, model != nil {
      throw ValidationError("--mask and --model exclude each other; give one")
    }
    if review != nil, mask != nil || model != nil || origin != nil || labels != .auto {
      throw ValidationError(
        "--review is the mask, and tells its labels and its origin; leave out --mask, --model, --labels and "
          + "--origin")
    }
    if let massCalibration, !(massCalibration > 0 && massCalibration.isFinite) {
      throw ValidationError("--mass-calibration must be above 0, not \(massCalibration)")
    }
    if kvTable != nil, forceThreshold {
      throw ValidationError("--kv-table and --force-threshold exclude each other; give one")
    }
    if mask == nil, review == nil, labels != .auto {
      throw ValidationError("--labels is about masks; a model knows its labels")
    }
    if let reader, !reader.allSatisfy({ $0.isASCII && $0 != "\\" }) {
      throw ValidationError("--reader must be in ASCII, which all character sets of DICOM have")
    }
  }

  func run() async throws {
    var scoring = ScoringRequest(input: path(study))
    scoring.mask = mask.map(path)
    scoring.model =
      mask == nil && review == nil ? try DefaultModel.url(named: model ?? DefaultModel.word) : nil
    scoring.labels = labels.labels
    scoring.convention = convention
    scoring.kvTable = kvTable
    scoring.forceThreshold = forceThreshold
    scoring.massCalibration = massCalibration
    scoring.prediction = try prediction.request
    scoring.dicom = series.input
    var request = DICOMRequest(scoring: scoring, output: path(output))
    let flags: [(isGiven: Bool, kind: DICOMRequest.Kind)] = [
      (seg, .seg), (labelmap, .labelmap), (sr, .sr), (pdf, .pdf), (sc, .sc),
    ]
    let chosen = flags.filter(\.isGiven).map(\.kind)
    if !chosen.isEmpty { request.kinds = chosen }
    request.origin = origin
    request.reader = reader
    request.hasStableIdentifiers = stableUIDs
    let exported = FileManager.default.temporaryDirectory.appendingPathComponent(
      "cac-dicom-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: exported) }
    if let review { try take(path(review), &request, by: exported) }
    let bar = ProgressBar()
    let outcome = try await DICOMRun(request).run(
      listing: { bar.say("\($0)") }, say: bar.say, progress: bar.handler)
    for remark in outcome.remarks { bar.say(remark) }
    print(outcome.summary(in: path(output).path))
  }
}

extension DICOMCommand {
  /// Takes the signed reading of a store as the mask.
  private func take(_ store: URL, _ request: inout DICOMRequest, by folder: URL) throws {
    var options = ["--convention", convention]
    if let kvTable { options += ["--kv-table", kvTable] }
    if forceThreshold { options.append("--force-threshold") }
    for uid in series.input.series { options += ["--series", uid] }
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let reading = try ExportedReading.export(
      path(study), from: store, options: options, to: folder)
    request.scoring.mask = folder.appendingPathComponent(reading.mask)
    request.scoring.labels = reading.hasArteries ? .arteries : .calcium
    request.origin = reading.isFromNothing ? .reader : .corrected
    // The character sets of all studies have ASCII alone.
    let name = (reading.signature ?? reading.reader)
      .folding(options: .diacriticInsensitive, locale: nil).replacing("\\", with: " ")
    if reader == nil, name.allSatisfy(\.isASCII) { request.reader = name }
  }
}

extension ResultOrigin: ExpressibleByArgument {}
