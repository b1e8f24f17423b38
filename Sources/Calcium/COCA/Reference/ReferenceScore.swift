// SPDX-License-Identifier: Apache-2.0
public import Agatston
import Text

/// The Agatston and volume scores that an annotation's own numbers give, without the CT.
///
/// Each region counts Area[mm²] · weight(Max) · increment / 3, with the weights of Agatston 1990
/// (doi:10.1016/0735-1097(90)90282-t), and Area · increment as volume. Regions that are no artery,
/// have no points, or are broken do not count.
public struct ReferenceScore: Sendable {
  /// The scores of one artery, or of all.
  public struct Score: Hashable, Sendable {
    /// The Agatston score.
    public var agatston = 0.0
    /// The volume in mm³.
    public var volume = 0.0
  }

  /// Where the increment came from.
  public enum IncrementSource: String, Sendable, Codable {
    /// The steps between annotated slices.
    case annotation
    /// The DICOM series, because the annotation has fewer than two slices.
    case series
    /// Neither tells it; 3 mm is the increment of 98.5 % of COCA.
    case assumed
  }

  /// All arteries together.
  public let total: Score
  /// Each artery with calcium.
  public let arteries: [Artery: Score]
  /// The increment in mm.
  public let increment: Double
  /// Where the increment came from.
  public let incrementSource: IncrementSource
  /// What a reader of the score has to know, as sentences.
  public let notes: [String]

  /// The risk class of the Erasmus study.
  public var riskClass: FiveClassRisk { FiveClassRisk(agatston: total.agatston) ?? .veryLow }

  /// No calcium, as for a scan without an annotation.
  public static let zero = ReferenceScore(Annotation(subject: ""))

  /// The scores of an annotation; the increment of the series, in mm, serves where the annotation
  /// has fewer than two slices.
  public init(_ annotation: Annotation, seriesIncrement: Double? = nil) {
    let step = AnnotationGrid(annotation).step.map { abs($0) }
    var notes: [String] = []
    let scored = annotation.regions.filter { $0.region.isUsable && $0.region.artery != nil }
    if let step, step > 0.01, step < 100 {
      (increment, incrementSource) = (step, .annotation)
    } else if let seriesIncrement, seriesIncrement > 0, seriesIncrement.isFinite {
      (increment, incrementSource) = (seriesIncrement, .series)
    } else {
      (increment, incrementSource) = (3, .assumed)
      if !scored.isEmpty { notes.append("one annotated slice: an increment of 3 mm is assumed") }
    }
    var arteries: [Artery: Score] = [:]
    var unscored = 0
    for (_, region) in scored {
      guard let artery = region.artery, let area = region.area, area.isFinite, area >= 0,
        let peak = region.max, peak.isFinite
      else {
        unscored += 1
        continue
      }
      let volume = area * 100 * increment
      arteries[artery, default: Score()].agatston += volume / 3 * Self.weight(peak: peak)
      arteries[artery, default: Score()].volume += volume
    }
    let unassigned = annotation.regions.count { $0.region.isUsable && $0.region.artery == nil }
    let broken = annotation.regions.count { !$0.region.issues.isEmpty }
    let faults = [
      (unscored, "without a finite Area and Max"), (unassigned, "of no artery"),
      (broken, "with a fault"),
    ]
    for (count, what) in faults where count > 0 {
      notes.append("\(counted(count, "ROI")) \(what) left out")
    }
    self.arteries = arteries
    self.notes = notes
    // Summed in a fixed order: a dictionary's order changes from run to run.
    total = Artery.allCases.reduce(into: Score()) {
      $0.agatston += arteries[$1]?.agatston ?? 0
      $0.volume += arteries[$1]?.volume ?? 0
    }
  }

  /// The density weight of a region from its peak HU: 1 from 130, 2 from 200, 3 from 300, 4 from 400.
  static func weight(peak hu: Double) -> Double {
    guard hu.isFinite else { return 0 }
    return Double(
      DensityBounds.agatston1990.weight(peak: Int16(clamping: Int(max(-1e6, min(hu, 1e6))))))
  }
}
