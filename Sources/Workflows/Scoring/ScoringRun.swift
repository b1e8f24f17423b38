// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
import Evaluation
import Files
package import Foundation
import NNUNet
import Segmentation
package import Studies
import Volume
package import Workflow

/// Scores scans with masks that are given or predicted, or lists what might be calcium.
package struct ScoringRun: Sendable {
  private let input: URL
  private let mask: URL?
  private let model: URL?
  private let reference: URL?
  /// A table of reference scores, in place of reference masks.
  private let referenceTable: URL?
  private let options: Options
  private let conventions: [Convention]
  private let voltageRule: VoltageRule

  package init(
    input: URL, mask: URL?, model: URL?, reference: URL?, referenceTable: URL? = nil,
    options: Options
  ) throws {
    self.input = input
    self.mask = mask
    self.model = model
    self.reference = reference
    self.referenceTable = referenceTable
    self.options = options
    let chosen = try Convention.named(options.convention)
    conventions =
      options.allConventions ? [chosen] + Convention.all.filter { $0 != chosen } : [chosen]
    voltageRule = try options.voltageRule()
  }

  /// Scores every scan; one that cannot be scored is left out, the others go on.
  ///
  /// `listing` is told of the choice among the series of each DICOM study.
  package func run(
    listing: (SeriesListing) -> Void = { _ in }, progress: @escaping ProgressHandler
  ) async throws -> ScoringOutcome {
    let scans = try Scan.find(at: input)
    var masks = try mask.map { try ScoringMasks($0, scans: scans, labels: options.labels) }
    var references = try reference.map { try ScoringMasks($0, scans: scans, labels: .auto) }
    let given = try referenceTable.map {
      try ScoringReference($0, scans: scans, total: options.disagreeingTotal)
    }
    let prediction = try model.map { try PredictionRun(model: $0, options: options.prediction) }
    let spared = InferenceRemarks(options.prediction.inference)
    let predict = try prediction?.predictor(spared)
    var outcome = ScoringOutcome(showsCandidates: masks == nil && predict == nil)
    outcome.earlier = mask.map(CommandHistory.prediction) ?? []
    for (index, scan) in scans.enumerated() {
      try Task.checkCancellation()
      do {
        var loaded = try scan.load(options.dicom, listing: listing)
        loaded.notes += given?.warnings(for: scan.id) ?? []
        if outcome.showsCandidates {
          outcome.candidates.append(try list(scan.id, loaded))
        } else {
          let made = try predict.map { try $0(loaded.ct, scan.id) { _ in } }
          guard let mask = try made ?? masks?.mask(for: scan.id) else { continue }
          let labels: MaskMeaning =
            masks?.labels.meaning ?? (prediction?.predictsArteries == true ? .arteries : .calcium)
          let reference = try references?.mask(for: scan.id)
          var study = try score(scan.id, loaded, mask, labels: labels, reference: reference)
          study.listed = given?.scores(for: scan.id)
          outcome.add(study)
          masks?.note(mask)
          reference.map { references?.note($0) }
        }
      } catch {
        outcome.leftOut.append(LeftOut(subject: scan.id, reason: "\(error)"))
      }
      progress(WorkProgress("score", done: index + 1, of: scans.count, detail: scan.id))
    }
    guard !outcome.isEmpty else {
      throw WorkflowError(
        "\(input.path): nothing could be scored; "
          + (outcome.leftOut.first?.description ?? "no scan found"))
    }
    if masks?.isCalciumOnly == true { outcome.dropArteries() }
    if references?.isCalciumOnly == true { outcome.dropGivenArteries() }
    outcome.remarks = spared.sentences
    return outcome
  }

  private func score(
    _ id: String, _ scan: Scan.Loaded, _ mask: Volume<UInt8>, labels: MaskMeaning,
    reference: Volume<UInt8>?
  ) throws -> ScoringOutcome.Study {
    func rules(_ labels: MaskMeaning) -> ScoringOptions {
      ScoringOptions(
        labels: labels, kilovoltage: kilovoltage(of: scan), voltageRule: voltageRule,
        sliceThickness: scan.acquisition?.sliceThickness,
        massCalibration: options.massCalibration, objectAttenuation: options.objectAttenuation,
        volumeMethod: options.volumeMethod)
    }
    let scores = try conventions.map { convention in
      do {
        return try Agatston.score(
          ct: scan.ct, mask: mask, convention: convention, options: rules(labels))
      } catch let error as AgatstonError where error.code == .label {
        throw WorkflowError("\(error); --labels calcium takes any value but 0 for calcium")
      }
    }
    let bound = scores.first?.convention.bounds.lower[0] ?? 130
    let quality = try quality(of: scan, threshold: bound)
    var study = ScoringOutcome.Study(
      studies: scores.map {
        StudyScore(study: id, seriesUID: scan.seriesUID, score: $0, quality: quality)
      })
    if let reference {
      study.given = try Agatston.score(
        ct: scan.ct, mask: reference, convention: conventions[0], options: rules(.arteries))
      study.dice =
        try SegmentationMetrics.measure(
          prediction: mask.map { $0 == 0 ? 0 : 1 }, reference: reference.map { $0 == 0 ? 0 : 1 },
          labels: LabelScheme(foreground: ["calcium"])
        ).first?.dice
    }
    return study
  }

  private func kilovoltage(of scan: Scan.Loaded) -> Double? {
    options.kv ?? scan.acquisition?.kilovolts
  }

  /// What header and voxels tell of a scan.
  private func quality(of scan: Scan.Loaded, threshold: Int16) throws -> ScanQuality {
    let header = scan.acquisition
    // A series with missing or repeated positions is refused when it is read, unless the missing
    // ones were filled: a warning says which they were.
    let isChecked = scan.seriesUID != nil
    var quality = ScanQuality(
      kilovoltage: kilovoltage(of: scan), thickness: header?.sliceThickness,
      kernel: header?.kernel, reconstructionDiameter: header?.reconstructionDiameter,
      missingSlices: isChecked ? scan.filledSlices : nil, duplicateSlices: isChecked ? 0 : nil,
      contrastAgent: header?.hasContrastAgent,
      series: scan.series.map {
        .init(
          uid: $0.id, kept: $0.isKept, content: $0.content,
          reason: "\($0.rule.rawValue): \($0.reason)")
      },
      warnings: scan.notes)
    quality.add(try ScanFindings(scan.ct, threshold: threshold), geometry: scan.ct.geometry)
    return quality
  }

  /// What might be calcium, for people who label by hand.
  ///
  /// It is no score, so a tube voltage without thresholds of its own is only warned of.
  private func list(_ id: String, _ scan: Scan.Loaded) throws -> ScoringCandidates.Study {
    let kv = kilovoltage(of: scan)
    let rule = voltageRule == .standard && kv != nil ? VoltageRule.forced : voltageRule
    let (bounds, warning) = try rule.bounds(kilovoltage: kv)
    var quality = try quality(of: scan, threshold: bounds.lower[0])
    if let warning { quality.warnings.append(warning) }
    return ScoringCandidates.Study(
      study: id, seriesUID: scan.seriesUID, threshold: Int(bounds.lower[0]), quality: quality,
      candidates: try candidates(
        in: scan.ct, threshold: bounds.lower[0], minimumVolume: options.minimumVolume))
  }
}
