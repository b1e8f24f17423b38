// SPDX-License-Identifier: Apache-2.0
import Agatston
import Files
import Images
import Foundation
import Risk
import Text
import Workflow

/// What `cac compare` writes: tables for a terminal and JSON.
package enum ComparisonText {
  /// The comparison for a terminal.
  package static func text(_ comparison: StudyComparison) -> String {
    let total = comparison.total
    var table = TextTable([
      "artery", "prior", "current", "change", "a year", "%", "mm³ prior", "mm³ current",
    ])
    func row(_ name: String, _ change: Progression) {
      table.add([
        name, readable(change.baseline.agatston), readable(change.followUp.agatston),
        signed(change.absolute), change.annual.map { signed($0) } ?? "–",
        change.relative.map { signed($0, 0) } ?? "–",
        change.baseline.volume.map { readable($0) } ?? "–",
        change.followUp.volume.map { readable($0) } ?? "–",
      ])
    }
    for (artery, change) in comparison.arteries { row(artery.abbreviation, change) }
    row("total", total)
    var limits = TextTable(["limit", "of", "change", "limit", "beyond"])
    for limit in comparison.limits {
      limits.add([
        limit.method, limit.quantity, signed(limit.change), readable(limit.limit),
        limit.isBeyond ? "yes" : "no",
      ])
    }
    var parts = [
      table.text,
      "\(total.words)"
        + (total.years.map { ", \(readable($0, 2)) years apart" } ?? "")
        + "; CAC-DRS \(comparison.prior.score.category.cacDRS.code) → "
        + comparison.current.score.category.cacDRS.code,
      limits.text,
    ]
    if let lesions = comparison.lesions { parts.append(self.lesions(lesions)) }
    if !comparison.notes.isEmpty {
      parts.append(comparison.notes.map { "note: \($0)" }.joined(separator: "\n"))
    }
    return parts.joined(separator: "\n\n")
  }

  private static func lesions(_ lesions: LesionChanges) -> String {
    guard !lesions.all.isEmpty else { return "no lesion in either scan" }
    var table = TextTable(["lesion", "artery", "prior mm³", "current mm³", "prior", "current"])
    for change in lesions.all {
      table.add([
        change.state.rawValue, change.artery?.abbreviation ?? "–",
        change.prior.isEmpty ? "–" : readable(change.volumes.before),
        change.current.isEmpty ? "–" : readable(change.volumes.after),
        change.prior.isEmpty ? "–" : readable(change.points.before),
        change.current.isEmpty ? "–" : readable(change.points.after),
      ])
    }
    return table.text
  }

  /// A number with its sign: "+3.5", "−2", "0".
  static func signed(_ value: Double, _ decimals: Int = 1) -> String {
    let text = readable(value, decimals)
    return value > 0 && text.contains { ("1"..."9").contains($0) } ? "+\(text)" : text
  }

  /// The comparison as JSON.
  package static func json(_ comparison: StudyComparison) throws -> String {
    String(decoding: try JSONFile.data(Document(comparison)), as: UTF8.self)
  }

  private struct Document: Encodable {
    let prior: StudyScore
    let current: StudyScore
    let years: Double?
    let words: String
    let total: Change
    let arteries: [String: Change]
    let limits: [Limit]
    let lesions: [Lesion]?
    let registration: Registration?
    let shift: Shift?
    let notes: [String]

    init(_ comparison: StudyComparison) {
      prior = comparison.prior
      current = comparison.current
      years = comparison.total.years
      words = comparison.total.words
      total = Change(comparison.total)
      arteries = Dictionary(
        uniqueKeysWithValues: comparison.arteries.map {
          ($0.artery.abbreviation, Change($0.change))
        })
      limits = comparison.limits.map(Limit.init)
      lesions = comparison.lesions?.all.map(Lesion.init)
      registration = comparison.motion.map {
        Registration(
          correlation: $0.correlation, degrees: $0.angle,
          offset: [$0.offset.x, $0.offset.y, $0.offset.z],
          rotation: [$0.rotation.0, $0.rotation.1, $0.rotation.2].map { [$0.x, $0.y, $0.z] })
      }
      shift = comparison.shift.map {
        Shift(
          offset: [$0.offset.x, $0.offset.y, $0.offset.z], pairs: $0.pairs, distance: $0.distance)
      }
      notes = comparison.notes
    }
  }

  /// How the lesions of two results were laid onto each other.
  private struct Shift: Encodable {
    /// In mm, LPS.
    let offset: [Double]
    let pairs: Int
    let distance: Double

    private enum CodingKeys: String, CodingKey {
      case offset = "offset_mm"
      case pairs
      case distance = "distance_mm"
    }
  }

  private struct Change: Encodable {
    let absolute: Double
    let annual: Double?
    let relative: Double?
    let relativeAnnual: Double?
    let root: Double
    let volume: Double?

    init(_ change: Progression) {
      absolute = change.absolute
      annual = change.annual
      relative = change.relative
      relativeAnnual = change.relativeAnnual
      root = change.followUp.agatston.squareRoot() - change.baseline.agatston.squareRoot()
      volume = change.followUp.volume.flatMap { after in
        change.baseline.volume.map { after - $0 }
      }
    }

    private enum CodingKeys: String, CodingKey {
      case absolute, annual
      case relative = "relative_percent"
      case relativeAnnual = "relative_percent_a_year"
      case root = "square_root"
      case volume = "volume_mm3"
    }
  }

  private struct Limit: Encodable {
    let method: String
    let quantity: String
    let change: Double
    let limit: Double
    let beyond: Bool

    init(_ limit: Progression.Limit) {
      (method, quantity) = (limit.method, limit.quantity)
      (change, self.limit, beyond) = (limit.change, limit.limit, limit.isBeyond)
    }
  }

  private struct Lesion: Encodable {
    let state: String
    let artery: String?
    let prior: [Int]
    let current: [Int]
    let volumeBefore: Double
    let volumeAfter: Double

    init(_ change: LesionChanges.Change) {
      state = change.state.rawValue
      artery = change.artery?.abbreviation
      (prior, current) = (change.prior, change.current)
      (volumeBefore, volumeAfter) = (change.volumes.before, change.volumes.after)
    }

    private enum CodingKeys: String, CodingKey {
      case state, artery, prior, current
      case volumeBefore = "volume_before_mm3"
      case volumeAfter = "volume_after_mm3"
    }
  }

  private struct Registration: Encodable {
    let correlation: Double
    let degrees: Double
    /// In mm, LPS.
    let offset: [Double]
    /// The columns.
    let rotation: [[Double]]

    private enum CodingKeys: String, CodingKey {
      case correlation, degrees
      case offset = "offset_mm"
      case rotation
    }
  }
}
