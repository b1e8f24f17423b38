// SPDX-License-Identifier: Apache-2.0
import Agatston
import DICOM
import DICOMObjects
import Figures
import Files
import Foundation
import Scoring
import Studies
import Text
import Volume
import Workflow

/// The objects of one result, made in memory.
struct ResultObjects {
  private let scan: ScoredScan
  private let score: CalciumScore
  private let origin: ResultOrigin
  private let hasArteries: Bool
  private let reader: String?
  private let context: ObjectContext
  /// What identifiers are derived from: the result itself, or a number that was drawn.
  private let seed: String
  /// The series that the scan was read from.
  private let seriesUID: String
  /// Whether a segmentation or label map is written that the report refers to.
  private let kinds: [DICOMRequest.Kind]

  /// The parts of a result: an artery each, or all calcium together.
  private let parts: [Artery?]

  init(
    _ scan: ScoredScan, _ origin: ResultOrigin, hasArteries: Bool, _ request: DICOMRequest
  ) throws {
    guard let seriesUID = scan.scan.seriesUID else {
      throw WorkflowError(
        .invalid,
        "\(scan.score.study): its headers name no series (SeriesInstanceUID), so that no object can "
          + "refer to it")
    }
    self.scan = scan
    self.origin = origin
    self.hasArteries = hasArteries
    self.seriesUID = seriesUID
    kinds = request.kinds
    score = hasArteries ? scan.score.score : scan.score.score.withoutArteries
    reader = request.reader.map { Self.ascii($0, limit: 64) }
    parts = hasArteries ? Artery.allCases.map { $0 } : [nil]
    let model = scan.model.map { Self.ascii("cac, model \($0)", limit: 64) } ?? "cac"
    let now = Self.now()
    context = ObjectContext(
      planes: scan.scan.planes, geometry: scan.scan.ct.geometry, model: model,
      serial: scan.modelDigest.map { String($0.prefix(16)) } ?? "none", version: RunRecord.version,
      date: now.date, time: now.time)
    seed =
      request.hasStableIdentifiers
      ? [
        seriesUID, Digest.sha256(Data(scan.mask.voxels)), "\(hasArteries)", origin.rawValue,
        "\(score.agatston) \(score.mass ?? -1)", "\(score.convention)", RunRecord.version,
      ].joined(separator: " ")
      : UUID().uuidString
  }

  /// The objects of a kind, by the names of their files.
  func files(_ kind: DICOMRequest.Kind) throws -> [(name: String, data: Data)] {
    switch kind {
    case .seg, .labelmap:
      [("\(kind.rawValue).dcm", try segmentation(isLabelMap: kind == .labelmap))]
    case .sr: [("sr.dcm", try ObjectWriter.report(report, identity(.sr), context))]
    case .pdf:
      [
        (
          "report.dcm",
          try ObjectWriter.pdf(
            sheet.pdf(), title: "Coronary artery calcium", identity(.pdf), context)
        )
      ]
    case .sc:
      try (0..<sheet.sheetCount).map { index in
        let picture = try sheet.picture(index)
        return (
          "picture-\(index + 1).dcm",
          try ObjectWriter.picture(
            picture.rgb, width: picture.width, height: picture.height,
            identity(.sc, instance: index + 1), context)
        )
      }
    }
  }

  // MARK: Identifiers

  private func identity(_ kind: DICOMRequest.Kind, instance: Int = 1) -> ObjectIdentity {
    let numbers: [DICOMRequest.Kind: Int] = [
      .seg: 9130, .labelmap: 9131, .sr: 9132, .pdf: 9133, .sc: 9134,
    ]
    return ObjectIdentity(
      seriesUID: UID.derived(from: "\(kind.rawValue) series of \(seed)"),
      instanceUID: UID.derived(from: "\(kind.rawValue) \(instance) of \(seed)"),
      seriesNumber: numbers[kind] ?? 9130, instanceNumber: instance,
      description: "CAC \(origin.words) \(kind.rawValue.uppercased())")
  }

  private func trackingID(_ part: Artery?) -> String {
    part.map { "\($0.abbreviation) calcium" } ?? "Coronary calcium"
  }

  private func trackingUID(_ part: Artery?) -> String {
    UID.derived(from: "\(trackingID(part)) of \(seriesUID)")
  }

  private static func now() -> (date: String, time: String) {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.dateFormat = "yyyyMMdd HHmmss"
    let parts = formatter.string(from: .now).split(separator: " ")
    return (String(parts[0]), String(parts[1]))
  }

  /// A text in the characters that every character set of DICOM has.
  static func ascii(_ text: String, limit: Int) -> String {
    let words: [Character: String] = [
      "≥": ">=", "≤": "<=", "×": "x", "÷": "/", "³": "3", "²": "2", "–": "-", "−": "-", "·": "*",
      "±": "+/-", "…": "...", "\\": "/",
    ]
    let folded = text.map { words[$0] ?? ($0.isASCII ? String($0) : "?") }.joined()
    return String(folded.prefix(limit))
  }

  // MARK: Segmentation

  private var algorithmName: String {
    Self.ascii(scan.model ?? (origin == .reader ? "reader" : "given mask"), limit: 64)
  }

  private func segmentation(isLabelMap: Bool) throws -> Data {
    let segments = parts.map { part in
      SegmentationContent.Segment(
        value: part?.rawValue ?? 1, label: trackingID(part), category: ResultCodes.abnormal,
        type: ResultCodes.calcification,
        region: part.map(ResultCodes.site) ?? ResultCodes.coronaryArtery,
        trackingID: trackingID(part), trackingUID: trackingUID(part), lab: ResultCodes.lab(part))
    }
    let content = SegmentationContent(
      segments: segments, algorithmType: origin.algorithmType, algorithmName: algorithmName,
      label: "CORONARY_CALCIUM", description: "Coronary artery calcium",
      isLabelMap: isLabelMap, dimensionUID: UID.derived(from: "dimensions of \(seed)"),
      frameOfReferenceUID: UID.derived(from: "frame of reference of \(seriesUID)"))
    let mask =
      hasArteries
      ? scan.mask
      : Volume(
        geometry: scan.mask.geometry, voxels: scan.mask.voxels.map { $0 == 0 ? 0 : 1 })
    return try ObjectWriter.segmentation(
      content, mask: mask, identity(isLabelMap ? .labelmap : .seg), context)
  }

  // MARK: Report

  private var report: MeasurementReport {
    func numbers(
      _ agatston: Double, _ volume: Double, _ mass: Double?, _ lesions: Int
    ) -> [MeasurementReport.Number] {
      [
        .init(
          ResultCodes.agatston, agatston, ResultCodes.noUnits, method: ResultCodes.agatstonMethod),
        .init(ResultCodes.volume, volume, ResultCodes.cubicMillimetre),
      ] + (mass.map { [.init(ResultCodes.mass, $0, ResultCodes.milligram)] } ?? [])
        + [.init(ResultCodes.lesions, Double(lesions), ResultCodes.noUnits)]
    }
    var groups: [MeasurementReport.Group] = []
    for (index, part) in parts.enumerated() {
      let artery = part.flatMap { score.arteries?[$0] }
      groups.append(
        .init(
          trackingID: trackingID(part), trackingUID: trackingUID(part), segment: index + 1,
          finding: ResultCodes.calcification,
          site: part.map(ResultCodes.site) ?? ResultCodes.coronaryArtery,
          numbers: part == nil
            ? numbers(score.agatston, score.volume, score.mass, score.lesions.count)
            : numbers(
              artery?.agatston ?? 0, artery?.volume ?? 0,
              score.mass == nil ? nil : artery?.mass ?? 0, artery?.lesions ?? 0)))
    }
    var whole = numbers(score.agatston, score.volume, score.mass, score.lesions.count)
    if let threshold = score.convention.threshold {
      whole.append(
        .init(ResultCodes.threshold, Double(threshold), ResultCodes.hounsfield))
    }
    groups.append(
      .init(
        trackingID: "Whole heart", trackingUID: UID.derived(from: "whole heart of \(seriesUID)"),
        segment: 0, finding: ResultCodes.calcification, site: ResultCodes.coronaryArtery,
        numbers: whole))
    let segmentation: (String, ObjectIdentity)? =
      kinds.contains(.seg)
      ? (ObjectIdentity.StorageClass.segmentation, identity(.seg))
      : kinds.contains(.labelmap)
        ? (ObjectIdentity.StorageClass.labelMap, identity(.labelmap)) : nil
    return MeasurementReport(
      deviceUID: UID.derived(from: "CACScoring \(RunRecord.version)"), person: reader,
      procedure: ResultCodes.procedure,
      segmentation: segmentation.map { (storageClass: $0.0, identity: $0.1) },
      algorithmName: "CACScoring \(RunRecord.version), \(algorithmName)",
      rules: Self.ascii(
        "\(score.convention); volume: \(score.volumeMethod)"
          + (scan.massSource.map { "; mass: \($0)" } ?? ""), limit: 1024), groups: groups)
  }

  // MARK: Sheets

  private var sheet: ResultSheet {
    ResultSheets.sheet(scan, score, origin, hasArteries: hasArteries)
  }
}
