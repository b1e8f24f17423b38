// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
import Evaluation
import Files
package import Foundation
import NIfTI
import NNUNet
import Volume

/// Scores scans with masks that are given or predicted.
package struct ScoringRun: Sendable {
  /// What a scoring can be told.
  package struct Options: Sendable {
    package var convention: String
    package var allConventions: Bool
    package var kv: Double?
    package var kvTable: String?
    package var forceThreshold: Bool
    package var massCalibration: Double?
    package var prediction: PredictionRun.Options
    package var dicom: DICOMInput

    package init(
      convention: String = "agatston", allConventions: Bool = false, kv: Double? = nil,
      kvTable: String? = nil, forceThreshold: Bool = false, massCalibration: Double? = nil,
      prediction: PredictionRun.Options = .init(), dicom: DICOMInput = .init()
    ) {
      self.convention = convention
      self.allConventions = allConventions
      self.kv = kv
      self.kvTable = kvTable
      self.forceThreshold = forceThreshold
      self.massCalibration = massCalibration
      self.prediction = prediction
      self.dicom = dicom
    }
  }

  private let input: URL
  private let mask: URL?
  private let model: URL?
  private let reference: URL?
  private let options: Options
  private let conventions: [Convention]
  private let voltageRule: VoltageRule

  package init(
    input: URL, mask: URL?, model: URL?, reference: URL?, options: Options
  ) throws {
    self.input = input
    self.mask = mask
    self.model = model
    self.reference = reference
    self.options = options
    let chosen = try Convention.named(options.convention)
    conventions =
      options.allConventions ? [chosen] + Convention.all.filter { $0 != chosen } : [chosen]
    if options.forceThreshold {
      voltageRule = .forced
    } else if let table = options.kvTable {
      guard let rule = VoltageRule(rawValue: table), rule != .forced else {
        throw WorkflowError("--kv-table \(table): unknown; graeni2018 is the one there is")
      }
      voltageRule = rule
    } else {
      voltageRule = .standard
    }
  }

  /// Scores every scan; one that cannot be scored is left out, the others go on.
  ///
  /// `listing` is told of the choice among the series of each DICOM study.
  package func run(
    listing: (SeriesListing) -> Void = { _ in }, progress: @escaping ProgressHandler
  ) async throws -> ScoringOutcome {
    let scans = try Scan.find(at: input)
    let masks = try mask.map { try MaskSource($0, scans: scans) }
    let references = try reference.map { try MaskSource($0, scans: scans) }
    let prediction = try model.map { try PredictionRun(model: $0, options: options.prediction) }
    let predict = try prediction?.predictor()
    var outcome = ScoringOutcome(showsCandidates: masks == nil && predict == nil)
    for (index, scan) in scans.enumerated() {
      try Task.checkCancellation()
      do {
        let loaded = try scan.load(options.dicom, listing: listing)
        if outcome.showsCandidates {
          outcome.candidates.append((scan.id, try candidates(in: loaded.ct)))
        } else if let predict {
          let made = try predict(loaded.ct, scan.id) { _ in }
          try outcome.add(
            score(
              scan.id, loaded, made, arteries: prediction?.predictsArteries ?? false,
              reference: references?.mask(for: scan.id)))
        } else if let masks {
          try outcome.add(
            score(
              scan.id, loaded, masks.mask(for: scan.id), arteries: masks.hasArteries,
              reference: references?.mask(for: scan.id)))
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
    return outcome
  }

  private func score(
    _ id: String, _ scan: Scan.Loaded, _ mask: Volume<UInt8>, arteries: Bool,
    reference: Volume<UInt8>?
  ) throws -> ScoringOutcome.Study {
    let kilovoltage = self.options.kv ?? scan.acquisition?.kilovolts
    func rules(arteries: Bool) -> ScoringOptions {
      ScoringOptions(
        labels: arteries ? .arteries : .calcium, kilovoltage: kilovoltage,
        voltageRule: voltageRule, sliceThickness: scan.acquisition?.sliceThickness,
        massCalibration: self.options.massCalibration)
    }
    let scores = try conventions.map {
      try Agatston.score(
        ct: scan.ct, mask: mask, convention: $0, options: rules(arteries: arteries))
    }
    var study = ScoringOutcome.Study(
      studies: scores.map {
        StudyScore(
          study: id, seriesUID: scan.seriesUID, score: $0,
          quality: ScanQuality(
            kilovoltage: kilovoltage, thickness: scan.acquisition?.sliceThickness,
            increment: scan.ct.geometry.spacing.z, kernel: scan.acquisition?.kernel,
            warnings: scan.notes))
      })
    if let reference {
      let hasArteries = reference.voxels.contains { $0 > 1 }
      study.given = try Agatston.score(
        ct: scan.ct, mask: reference, convention: conventions[0],
        options: rules(arteries: hasArteries))
      study.dice =
        try SegmentationMetrics.measure(
          prediction: mask.map { $0 == 0 ? 0 : 1 }, reference: reference.map { $0 == 0 ? 0 : 1 },
          labels: LabelScheme(foreground: ["calcium"])
        ).first?.dice
    }
    return study
  }
}

/// Masks for scans: one file, or a folder with one for each scan.
private struct MaskSource {
  private let files: [String: URL]
  /// Whether any mask uses the labels of the arteries; a folder of masks has one meaning.
  let hasArteries: Bool

  init(_ url: URL, scans: [Scan]) throws {
    if Folder.isFolder(url) {
      files = Dictionary(
        try Folder.names(in: url).filter(Scan.isNIfTI).map {
          (Scan.stem($0), url.appendingPathComponent($0))
        }, uniquingKeysWith: { first, _ in first })
    } else {
      guard scans.count == 1 else {
        throw WorkflowError(
          "\(url.path): one mask for \(scans.count) scans; name the folder with their masks")
      }
      guard Folder.isFile(url) else { throw WorkflowError("\(url.path): no such mask") }
      files = [scans[0].id: url]
    }
    let masks = scans.compactMap { [files] in files[$0.id] }
    // A mask that cannot be read leaves out its own scan only, when that is scored.
    hasArteries = masks.contains {
      (try? NIfTIFile.read($0, as: UInt8.self))?.voxels.contains { $0 > 1 } ?? false
    }
  }

  func mask(for id: String) throws -> Volume<UInt8> {
    guard let file = files[id] else {
      throw WorkflowError("no mask \(id).nii.gz")
    }
    return try NIfTIFile.read(file, as: UInt8.self)
  }
}
