// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
import Evaluation
import Files
import Foundation
import Report
import Segmentation
package import Studies
import Volume
package import Workflow

/// Scores scans with masks that are given or predicted, or lists what might be calcium.
package struct ScoringRun: Sendable {
  let request: ScoringRequest
  let conventions: [Convention]
  private let voltageRule: VoltageRule

  /// A run; throws where the convention or the table of thresholds is unknown.
  package init(_ request: ScoringRequest) throws {
    self.request = request
    let chosen = try Convention.named(request.convention)
    conventions =
      request.allConventions ? [chosen] + Convention.all.filter { $0 != chosen } : [chosen]
    voltageRule = try request.voltageRule()
  }

  /// Scores every scan; a scan that cannot be scored is left out, the others go on.
  ///
  /// - Parameters:
  ///   - listing: Told of the choice among the series of each DICOM study.
  ///   - say: Told the notes of the model, one sentence each, before the first scan.
  ///   - progress: Told after each scan; where a model predicts, after each window, in hundredths
  ///     of a scan.
  /// - Throws: `WorkflowError` where no scan could be scored.
  package func run(
    listing: (SeriesListing) -> Void = { _ in }, say: (String) -> Void = { _ in },
    progress: @escaping ProgressHandler
  ) async throws -> ScoringOutcome {
    let found = try ScanSearch(request.input)
    let scans = found.scans
    let masks = try request.mask.map { try ScoringMasks($0, scans: scans) }
    let reported = try request.reference.flatMap { try DICOMReport($0) }
    let references =
      reported == nil ? try request.reference.map { try ScoringMasks($0, scans: scans) } : nil
    if reported != nil, scans.count != 1, let reference = request.reference {
      throw WorkflowError(
        .invalid, "\(reference.path): one report for \(scans.count) scans; score its study alone")
    }
    let table = try request.referenceTable.map {
      try ScoringReference($0, scans: scans, total: request.disagreeingTotal)
    }
    let predictor = try request.model.map {
      try maskPredictor(model: $0, request.prediction)
    }
    for note in predictor?.notes ?? [] { say(note) }
    // A model knows what its labels mean; those of masks may have to be decided at the end.
    let labels =
      predictor.map { $0.predictsArteries ? MaskLabels.arteries : .calcium } ?? request.labels
    let steps = predictor == nil ? 1 : 100
    var outcome = ScoringOutcome(showsCandidates: masks == nil && predictor == nil)
    outcome.unused = found.unused
    outcome.leftOut = found.unused.compactMap(\.leftOut)
    outcome.earlier = request.mask.map(CommandHistory.prediction) ?? []
    var pictureBytes = 0
    for (index, scan) in scans.enumerated() {
      try Task.checkCancellation()
      func report(_ done: Int) {
        progress(
          WorkProgress(
            "score", done: index * steps + done, of: scans.count * steps, stepsPerUnit: steps,
            detail: scan.id))
      }
      do {
        var loaded = try scan.load(request.dicom, listing: listing)
        loaded.notes += table?.warnings(for: scan.id) ?? []
        if outcome.showsCandidates {
          outcome.candidates.append(try candidates(of: scan.id, loaded))
        } else {
          let predicted = try predictor?.prediction(of: loaded.ct, named: scan.id) {
            report(min(steps - 1, Int($0 * Double(steps))))
          }
          guard
            let mask = try predicted?.labels
              ?? masks?.mask(for: scan.id, on: loaded.ct.geometry)
          else { continue }
          let calibration = MassCalibration(request.massCalibration, loaded)
          var study = try score(
            scan.id, loaded, mask, calibration, labels: labels ?? .arteries,
            heart: predicted?.findings?.heart,
            reference: references?.mask(for: scan.id, on: loaded.ct.geometry))
          if let predictor, let predicted {
            study.add(
              try automatic(predictor.identity, predicted, study.scores, loaded, calibration))
          }
          study.listed = table?.scores(for: scan.id) ?? reported?.subjectScores
          if request.page != nil, pictureBytes < ScoringPage.pictureBudget {
            let pictures = try StudyPictures(
              of: loaded.ct, mask: mask, convention: study.scores[0].score.convention,
              findings: predicted?.findings,
              limit: StudyPictures.sliceLimit(studies: scans.count))
            pictureBytes += pictures.bytes
            study.pictures = pictures
          }
          if request.keepsScans {
            study.kept = try kept(
              study, loaded, mask, calibration, findings: predicted?.findings,
              hasArteryLabels: predictor?.predictsArteries)
          }
          outcome.add(study)
        }
      } catch {
        outcome.leftOut.append(LeftOut(subject: scan.id, reason: "\(error)"))
      }
      report(steps)
    }
    outcome.reconcileArteries(labels: labels)
    outcome.remarks =
      predictor.map { ["masks by the model \($0.identity)"] + $0.inferenceNotes } ?? []
    // A scan that was refused has a page, too, even where it is the only one.
    if let page = request.page { try write(outcome, to: page) }
    guard !outcome.isEmpty else {
      throw WorkflowError(
        .nothingDone,
        "\(request.input.path): nothing could be scored; "
          + (outcome.leftOut.first?.description ?? "no scan found"))
    }
    return outcome
  }

  /// A scored scan with all that further work on it needs.
  ///
  /// - Parameter hasArteryLabels: whether a model names arteries; `nil` where the mask tells.
  private func kept(
    _ study: ScoringOutcome.Study, _ scan: Scan.Loaded, _ mask: Volume<UInt8>,
    _ mass: MassCalibration?, findings: StagedFindings?, hasArteryLabels: Bool?
  ) throws -> ScoredScan {
    let automatic = study.automatic
    let range = automatic?.range
    let pictures =
      request.keepsPictures
      ? try StudyPictures(
        of: scan.ct, mask: mask, convention: study.scores[0].score.convention,
        findings: findings, limit: StudyPictures.sliceLimit(studies: 1)) : nil
    return ScoredScan(
      score: study.scores[0], scan: scan, mask: mask,
      hasArteryLabels: hasArteryLabels ?? study.hasArteryLabels,
      heartCentre: findings?.heart.region.map {
        let middle = (SIMD3<Double>($0.low) + SIMD3<Double>($0.high)) / 2
        return scan.ct.geometry.position(ofVoxel: middle)
      },
      doubts: automatic?.doubts.map(\.text) ?? [], model: automatic.map { "\($0.model)" },
      modelDigest: automatic?.model.sha256, massSource: mass?.source, pictures: pictures,
      range: range.map { $0.low...$0.high })
  }

  /// Writes the page of an outcome, and its record.
  private func write(_ outcome: ScoringOutcome, to page: URL) throws {
    let date = String(Date.now.formatted(.iso8601).prefix(10))
    let content = ScoringPage(outcome, input: request.input).content(date: date)
    try ScorePage(content).write(to: page)
    try RunRecord(command: "score", remarks: outcome.remarks, earlier: outcome.earlier)
      .write(beside: page)
  }

  /// Scores one study under each convention, and its reference mask under the first.
  private func score(
    _ id: String, _ scan: Scan.Loaded, _ mask: Volume<UInt8>, _ mass: MassCalibration?,
    labels: MaskLabels, heart: HeartFindings?, reference: Volume<UInt8>?
  ) throws -> ScoringOutcome.Study {
    func options(_ labels: MaskLabels) -> ScoringOptions { self.options(labels, scan, mass) }
    let scores = try conventions.map { convention in
      do {
        return try Agatston.score(
          ct: scan.ct, mask: mask, convention: convention, options: options(labels))
      } catch let error as AgatstonError where error.code == .label {
        throw WorkflowError(
          .invalid, "\(error); --labels calcium takes any value but 0 for calcium")
      }
    }
    let bound = scores.first?.convention.bounds.lower[0] ?? 130
    var quality = try quality(of: scan, threshold: bound)
    if let blood = heart?.blood {
      quality.replaceBlood(with: blood, isEnhanced: blood > ScanLimits.blood)
    }
    if let note = mass?.note { quality.warnings.append(note) }
    var study = ScoringOutcome.Study(
      scores: scores.map {
        StudyScore(study: id, seriesUID: scan.seriesUID, score: $0, quality: quality)
      }, hasArteryLabels: Self.hasArteryLabels(mask))
    if let reference {
      study.given = try Agatston.score(
        ct: scan.ct, mask: reference, convention: conventions[0], options: options(.arteries))
      study.givenHasArteryLabels = Self.hasArteryLabels(reference)
      study.dice = try dice(mask, reference)
    }
    return study
  }

  func options(
    _ labels: MaskLabels, _ scan: Scan.Loaded, _ mass: MassCalibration?
  ) -> ScoringOptions {
    ScoringOptions(
      labels: labels, kilovoltage: kilovoltage(of: scan), voltageRule: voltageRule,
      sliceThickness: scan.acquisition?.sliceThickness, massCalibration: mass?.factor,
      objectAttenuation: request.objectAttenuation, volumeMethod: request.volumeMethod)
  }

  /// What comes with a score whose mask a model made, under the first convention.
  private func automatic(
    _ model: ModelIdentity, _ prediction: MaskPrediction, _ scores: [StudyScore],
    _ scan: Scan.Loaded, _ mass: MassCalibration?
  ) throws -> AutomaticScore {
    var automatic = try AutomaticScore(
      model, prediction,
      scorer: CandidateScorer(
        scan.ct, convention: conventions[0], options: options(.calcium, scan, mass)),
      score: scores[0].score)
    // A model of one network was trained by the user, for scans that it is for.
    if prediction.findings != nil {
      automatic.add(
        AutomaticScore.doubts(
          about: scores[0].quality, hasSharpKernel: scan.acquisition?.hasSharpKernel ?? false,
          lesions: scores[0].score.lesions))
    }
    return automatic
  }

  /// Whether a mask holds a label above 1.
  private static func hasArteryLabels(_ mask: Volume<UInt8>) -> Bool {
    mask.voxels.contains { $0 > 1 }
  }

  /// The tube voltage in kV that the user or the header gives.
  private func kilovoltage(of scan: Scan.Loaded) -> Double? {
    request.kv ?? scan.acquisition?.kilovolts
  }

  /// What the header and the voxels of a scan say of its quality.
  ///
  /// `threshold` is the HU from which voxels count as calcium.
  func quality(of scan: Scan.Loaded, threshold: Int16) throws -> ScanQuality {
    let header = scan.acquisition
    // A series with missing or repeated positions is refused when it is read, unless the missing
    // ones were filled: a warning says which they were.
    let isChecked = scan.isDICOM
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
      unused: scan.unused.map { .init(file: $0.path, reason: $0.reason) },
      warnings: scan.notes.map { ScanWarning($0) })
    quality.add(try ScanFindings(scan.ct, threshold: threshold), geometry: scan.ct.geometry)
    return quality
  }

  /// What might be calcium in a scan, for people who label by hand.
  ///
  /// It is no score, so a tube voltage without thresholds of its own only gives a warning.
  private func candidates(of id: String, _ scan: Scan.Loaded) throws -> ScoringCandidates.Study {
    let kv = kilovoltage(of: scan)
    let rule = voltageRule == .standard && kv != nil ? VoltageRule.forced : voltageRule
    let (bounds, warning) = try rule.bounds(kilovoltage: kv)
    var quality = try quality(of: scan, threshold: bounds.lower[0])
    if let warning { quality.warnings.append(ScanWarning(warning)) }
    return ScoringCandidates.Study(
      study: id, seriesUID: scan.seriesUID, threshold: Int(bounds.lower[0]), quality: quality,
      candidates: try Agatston.candidates(
        in: scan.ct, threshold: bounds.lower[0], minimumVolume: request.minimumVolume))
  }
}

extension DICOMReport {
  /// The report's numbers as those of a reference.
  fileprivate var subjectScores: SubjectScores {
    SubjectScores(
      agatston: total.agatston, volume: total.volume, mass: total.mass,
      arteries: arteries.compactMapValues(\.agatston))
  }
}
