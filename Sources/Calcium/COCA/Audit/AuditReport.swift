// SPDX-License-Identifier: Apache-2.0
import Agatston

/// What an audit of a COCA tree found, as `cac coca audit` writes it.
public struct AuditReport: Codable, Sendable {
  /// One entry per subject.
  public var subjects: [SubjectAudit]
  /// Sums over the subjects.
  public var totals: Totals
  /// What is known of the table of scores; the non-gated half has one, the gated half has not.
  public var scores: Scores?

  /// The table of scores of the non-gated half.
  public struct Scores: Codable, Hashable, Sendable {
    /// The number of its rows.
    public var rows: Int
    /// What is wrong with the table as a whole.
    public var anomalies: [SubjectAudit.Finding]
    /// What is worth knowing of it, but not wrong.
    public var notes: [SubjectAudit.Finding]

    /// What is known of a table.
    public init(
      rows: Int, anomalies: [SubjectAudit.Finding] = [], notes: [SubjectAudit.Finding] = []
    ) {
      self.rows = rows
      self.anomalies = anomalies
      self.notes = notes
    }
  }

  /// Sums over all subjects.
  public struct Totals: Codable, Hashable, Sendable {
    /// The number of subjects.
    public var subjects = 0
    /// The number of subjects that can be used; see `SubjectAudit.usable`.
    public var usable = 0
    /// The number of ROIs with a sound contour.
    public var rois = 0
    /// The number of them whose rasterised contour has as many pixels as recorded.
    public var countExact = 0
    /// The number of them whose HU statistics agree too; ROIs without a CT count as not agreeing.
    public var statisticsExact = 0

    enum CodingKeys: String, CodingKey {
      case subjects, usable, rois
      case countExact = "count_exact"
      case statisticsExact = "statistics_exact"
    }
  }

  /// A report with its totals.
  public init(_ subjects: [SubjectAudit], scores: Scores? = nil) {
    self.subjects = subjects
    self.scores = scores
    totals = subjects.reduce(into: Totals()) { sum, subject in
      sum.subjects += 1
      sum.usable += subject.usable ? 1 : 0
      sum.rois += subject.rois.sound
      sum.countExact += subject.rois.countExact
      sum.statisticsExact += subject.rois.statisticsExact ?? 0
    }
  }
}

/// What the audit found about one subject.
public struct SubjectAudit: Codable, Sendable {
  /// The subject's id.
  public var id: String
  /// Whether there is an annotation file.
  public var annotation: Bool
  /// The series that the annotation belongs to, or the largest one; `nil` without any.
  public var series: Series?
  /// The numbers of ROIs.
  public var rois: Regions
  /// What is wrong.
  public var anomalies: [Finding]
  /// What is worth knowing, but not wrong.
  public var notes: [Finding]
  /// The score from the annotation alone, zero without one; `nil` if the annotation is unreadable.
  public var reference: Reference?
  /// Whether a complete mask can be made.
  ///
  /// There is a series and, if there is an annotation, all its contours are sound, belong to an artery
  /// and lie on a slice.
  public var usable: Bool

  /// The facts of a series.
  public struct Series: Codable, Hashable, Sendable {
    /// The SeriesInstanceUID.
    public var uid: String
    /// The number of distinct slice positions.
    public var slices: Int
    /// The distances between pixel centres along (x, y) in mm.
    public var spacing: [Double]
    /// The distance between slices in mm, `nil` for a single slice.
    public var increment: Double?

    enum CodingKeys: String, CodingKey {
      case uid, slices
      case spacing = "spacing_mm"
      case increment = "increment_mm"
    }

    /// Writes the facts; an unknown increment is null.
    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(uid, forKey: .uid)
      try values.encode(slices, forKey: .slices)
      try values.encode(spacing, forKey: .spacing)
      try values.encode(increment, forKey: .increment)
    }
  }

  /// The numbers of ROIs.
  public struct Regions: Codable, Hashable, Sendable {
    /// All ROIs of the file.
    public var total = 0
    /// Those that the file records without points.
    public var withoutPoints = 0
    /// Those with a fault, which are left out.
    public var broken = 0
    /// Those with points whose name is no artery.
    public var unassigned = 0
    /// Those on a slice of the series.
    public var matched = 0
    /// Those with a sound contour that lie on no slice of the series.
    public var unmatched = 0
    /// Those whose rasterised contour has as many pixels as recorded.
    ///
    /// Without a CT these are the pixel centres inside the contour or on it, with a CT those among
    /// them that reach 130 HU.
    public var countExact = 0
    /// Those whose lowest, highest and mean HU agree too; `nil` without a CT.
    public var statisticsExact: Int?

    /// Those with a sound contour.
    public var sound: Int { total - withoutPoints - broken }

    enum CodingKeys: String, CodingKey {
      case total, broken, unassigned, matched, unmatched
      case withoutPoints = "without_points"
      case countExact = "count_exact"
      case statisticsExact = "statistics_exact"
    }

    /// Writes the numbers; without a CT `statistics_exact` is null.
    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(total, forKey: .total)
      try values.encode(withoutPoints, forKey: .withoutPoints)
      try values.encode(broken, forKey: .broken)
      try values.encode(unassigned, forKey: .unassigned)
      try values.encode(matched, forKey: .matched)
      try values.encode(unmatched, forKey: .unmatched)
      try values.encode(countExact, forKey: .countExact)
      try values.encode(statisticsExact, forKey: .statisticsExact)
    }
  }

  /// A code for programs and a sentence for people.
  public struct Finding: Codable, Hashable, Sendable {
    /// What kind of finding it is.
    public var code: FindingCode
    /// What was found, where, and what follows from it.
    public var detail: String

    /// A finding.
    public init(code: FindingCode, detail: String) {
      self.code = code
      self.detail = detail
    }
  }

  /// The reference score.
  public struct Reference: Codable, Hashable, Sendable {
    /// The Agatston score.
    public var agatston: Double
    /// The volume in mm³; `nil` where a table gives scores alone.
    public var volume: Double?
    /// The Agatston score of each artery with calcium, by its abbreviation.
    public var arteries: [String: Double]

    enum CodingKeys: String, CodingKey {
      case agatston, arteries
      case volume = "volume_mm3"
    }

    /// Writes the scores; an unknown volume is null.
    public func encode(to encoder: any Encoder) throws {
      var values = encoder.container(keyedBy: CodingKeys.self)
      try values.encode(agatston, forKey: .agatston)
      try values.encode(volume, forKey: .volume)
      try values.encode(arteries, forKey: .arteries)
    }

    init(_ score: GivenScore) {
      agatston = rounded(score.agatston)
      volume = nil
      arteries = Dictionary(
        uniqueKeysWithValues: score.arteries.filter { $0.value > 0 }.map {
          ($0.key.abbreviation, rounded($0.value))
        })
    }

    init(_ score: ReferenceScore) {
      agatston = rounded(score.total.agatston)
      volume = rounded(score.total.volume)
      arteries = Dictionary(
        uniqueKeysWithValues: score.arteries.map {
          ($0.key.abbreviation, rounded($0.value.agatston))
        })
    }
  }

  enum CodingKeys: String, CodingKey {
    case id, annotation, series, rois, anomalies, notes, reference, usable
  }

  /// Writes the subject; a missing series or reference is null.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(id, forKey: .id)
    try values.encode(annotation, forKey: .annotation)
    try values.encode(series, forKey: .series)
    try values.encode(rois, forKey: .rois)
    try values.encode(anomalies, forKey: .anomalies)
    try values.encode(notes, forKey: .notes)
    try values.encode(reference, forKey: .reference)
    try values.encode(usable, forKey: .usable)
  }
}
