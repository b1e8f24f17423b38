// SPDX-License-Identifier: Apache-2.0
import Agatston
import Evaluation
import Files
import Text
import Workflow

/// The candidate components of scans without masks, the largest first, for people who label by
/// hand.
struct ScoringCandidates: Sendable {
  /// The candidates of one study.
  struct Study: Encodable, Sendable {
    /// The name of the study.
    let study: String
    /// The UID of its DICOM series.
    let seriesUID: String?
    /// The HU from which a voxel counts.
    let threshold: Int
    let quality: ScanQuality
    let candidates: [Entry]

    init(
      study: String, seriesUID: String?, threshold: Int, quality: ScanQuality,
      candidates: [Candidate]
    ) {
      self.study = study
      self.seriesUID = seriesUID
      self.threshold = threshold
      self.quality = quality
      self.candidates = candidates.enumerated().sorted {
        // Ties keep the order of the array.
        ($1.element.voxels, $0.offset) < ($0.element.voxels, $1.offset)
      }.map { Entry($0.element) }
    }

    private enum CodingKeys: String, CodingKey {
      case study, quality, candidates
      case seriesUID = "series_uid"
      case threshold = "threshold_hu"
    }

    /// Writes every key; an unknown series is null.
    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(study, forKey: .study)
      try container.encode(seriesUID, forKey: .seriesUID)
      try container.encode(threshold, forKey: .threshold)
      try container.encode(quality, forKey: .quality)
      try container.encode(candidates, forKey: .candidates)
    }
  }

  /// One candidate; voxels are (x, y, z) counted from 0, mm are LPS.
  struct Entry: Encodable, Sendable {
    let candidate: Candidate

    init(_ candidate: Candidate) { self.candidate = candidate }

    private enum CodingKeys: String, CodingKey {
      case voxels, slices
      case volume = "volume_mm3"
      case peak = "peak_hu"
      case mean = "mean_hu"
      case centroid = "centroid_mm"
      case peakVoxel = "peak_voxel"
      case peakPosition = "peak_mm"
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(candidate.voxels, forKey: .voxels)
      try container.encode(candidate.volume, forKey: .volume)
      try container.encode(candidate.peak, forKey: .peak)
      try container.encode(candidate.mean, forKey: .mean)
      try container.encode(Array(candidate.slices), forKey: .slices)
      try container.encode(numbers(candidate.centroid), forKey: .centroid)
      try container.encode(numbers(candidate.peakVoxel), forKey: .peakVoxel)
      try container.encode(numbers(candidate.peakPosition), forKey: .peakPosition)
    }
  }

  private(set) var studies: [Study] = []
  /// The number of candidates that the terminal shows for each study.
  private static let tableLimit = 100

  mutating func append(_ study: Study) { studies.append(study) }

  /// The candidates as JSON, a list of studies.
  var json: String {
    get throws { String(decoding: try JSONFile.data(studies), as: UTF8.self) }
  }

  /// One row for each candidate, numbered from 1 within its study.
  var csv: CSVTable {
    let header = [
      "study", "candidate", "voxels", "volume_mm3", "peak_hu", "mean_hu", "first_slice",
      "last_slice", "peak_x", "peak_y", "peak_z", "peak_x_mm", "peak_y_mm", "peak_z_mm",
      "centroid_x_mm", "centroid_y_mm", "centroid_z_mm",
    ]
    let rows = studies.flatMap { study in
      study.candidates.enumerated().map { index, entry in
        let candidate = entry.candidate
        return [
          study.study, "\(index + 1)", "\(candidate.voxels)", "\(candidate.volume)",
          "\(candidate.peak)",
          "\(candidate.mean)", "\(candidate.slices.lowerBound)", "\(candidate.slices.upperBound)",
        ] + numbers(candidate.peakVoxel).map { "\($0)" }
          + numbers(candidate.peakPosition).map { "\($0)" }
          + numbers(candidate.centroid).map { "\($0)" }
      }
    }
    return CSVTable(header: header, rows: rows)
  }

  /// The largest candidates for a terminal, study by study.
  var table: String {
    studies.map { study in
      var table = TextTable([
        "no.", "voxels", "mm³", "peak HU", "mean HU", "slices", "voxel x, y, z", "x, y, z mm",
      ])
      for (index, entry) in study.candidates.prefix(Self.tableLimit).enumerated() {
        let candidate = entry.candidate
        table.add([
          "\(index + 1)", readable(candidate.voxels), readable(candidate.volume),
          readable(Int(candidate.peak)),
          readable(candidate.mean, 0),
          "\(candidate.slices.lowerBound)–\(candidate.slices.upperBound)",
          numbers(candidate.peakVoxel).map { "\($0)" }.joined(separator: ", "),
          numbers(candidate.peakPosition).map { readable($0) }.joined(separator: ", "),
        ])
      }
      let rest = study.candidates.count - Self.tableLimit
      let title =
        "\(study.study): \(counted(study.candidates.count, "candidate")) ≥ \(study.threshold) HU"
      return
        ([title, table.text] + (rest > 0 ? ["… and \(rest) smaller ones (--json, --csv)"] : [])
        + ScoringTable.quality(study.quality)).joined(separator: "\n")
    }.joined(separator: "\n\n")
      + "\nnothing is scored; positions are those of the brightest voxel, "
      + "from 0, in LPS mm"
  }
}

private func numbers<Scalar>(_ vector: SIMD3<Scalar>) -> [Scalar] {
  [vector.x, vector.y, vector.z]
}
