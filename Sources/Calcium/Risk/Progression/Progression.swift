// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How calcium changed from one scan to the next, by every measure that is in use.
public struct Progression: Hashable, Sendable {
  /// Scores of one scan: Agatston points and volume in mm³.
  public struct Amount: Hashable, Sendable {
    /// The Agatston score.
    public var agatston: Double
    /// The volume in mm³; `nil` where it is not known.
    public var volume: Double?

    /// An amount of calcium.
    public init(agatston: Double, volume: Double? = nil) {
      self.agatston = agatston
      self.volume = volume
    }
  }

  /// The earlier scan.
  public let baseline: Amount
  /// The later scan.
  public let followUp: Amount
  /// The years between them; `nil` where a date is not known.
  public let years: Double?

  /// Under so many days a second scan is a repeat, and no progression is told from it.
  public static let leastDays = 90.0
  /// The days of a year.
  public static let daysOfYear = 365.25

  /// A change between two scans, some years apart.
  public init(baseline: Amount, followUp: Amount, years: Double?) {
    self.baseline = baseline
    self.followUp = followUp
    self.years = years
  }

  /// Whether the scans are too near in time to tell progression from.
  public var isRepeat: Bool { years.map { $0 * Self.daysOfYear < Self.leastDays } ?? false }

  /// The change in Agatston points.
  public var absolute: Double { followUp.agatston - baseline.agatston }
  /// The change a year; `nil` for repeats and where the years are not known.
  public var annual: Double? {
    years.flatMap { isRepeat || $0 <= 0 ? nil : absolute / $0 }
  }
  /// The change relative to the baseline, in percent; `nil` from 0.
  public var relative: Double? {
    baseline.agatston > 0 ? 100 * absolute / baseline.agatston : nil
  }
  /// The relative change a year in percent, (A₁/A₀ − 1)/years; unstable below 30 points.
  public var relativeAnnual: Double? {
    guard let relative, let years, years > 0, !isRepeat else { return nil }
    return relative / years
  }

  /// A measure with its limit: beyond it the change is more than repeated scans differ by.
  public struct Limit: Hashable, Sendable {
    /// The method, for example "Sevrukov 2005".
    public let method: String
    /// What is compared: "agatston", "volume", "√agatston" or "√volume".
    public let quantity: String
    /// The change, in the quantity's units.
    public let change: Double
    /// The largest change that repeatability explains.
    public let limit: Double

    /// Whether the change is a rise beyond the limit.
    public var isBeyond: Bool { change > limit }
  }

  /// All limits.
  ///
  /// - Hokanson's square root: √V₁ − √V₀ > 2.5, on the volume, and as others use it on the Agatston
  ///   score (KOICA, doi:10.1371/journal.pone.0248884).
  /// - Sevrukov 2005: 4.930 √A₀ and 3.445 √V₀; from 0 more than 11.6 points or 9.5 mm³
  ///   (AJR 2005, 2,217 pairs of scans).
  /// - Chung 2008 (MESA, PMID 18212206): 0.17 A₀ + 4.89 √A₀ + 0.44 BMI − 10.84 and
  ///   0.16 V₀ + 4.30 √V₀ + 0.23 BMI − 5.00, with the body mass index.
  ///
  /// - Parameter bodyMassIndex: in kg/m²; without it MESA's limit is left out.
  public func limits(bodyMassIndex: Double? = nil) -> [Limit] {
    let (a0, a1) = (baseline.agatston, followUp.agatston)
    var limits = [
      Limit(
        method: "square root (KOICA)", quantity: "√agatston",
        change: a1.squareRoot() - a0.squareRoot(), limit: 2.5),
      Limit(
        method: "Sevrukov 2005", quantity: "agatston", change: a1 - a0,
        limit: a0 > 0 ? 4.930 * a0.squareRoot() : 11.6),
    ]
    if let bodyMassIndex {
      limits.append(
        Limit(
          method: "MESA (Chung 2008)", quantity: "agatston", change: a1 - a0,
          limit: 0.17 * a0 + 4.89 * a0.squareRoot() + 0.44 * bodyMassIndex - 10.84))
    }
    guard let v0 = baseline.volume, let v1 = followUp.volume else { return limits }
    limits += [
      Limit(
        method: "square root (Hokanson 2004)", quantity: "√volume",
        change: v1.squareRoot() - v0.squareRoot(), limit: 2.5),
      Limit(
        method: "Sevrukov 2005", quantity: "volume", change: v1 - v0,
        limit: v0 > 0 ? 3.445 * v0.squareRoot() : 9.5),
    ]
    if let bodyMassIndex {
      limits.append(
        Limit(
          method: "MESA (Chung 2008)", quantity: "volume", change: v1 - v0,
          limit: 0.16 * v0 + 4.30 * v0.squareRoot() + 0.23 * bodyMassIndex - 5.00))
    }
    return limits
  }

  /// The change of Agatston points that the square-root rule allows: (√A₀ + 2.5)² − A₀.
  public static func rootLimit(_ baseline: Double) -> Double {
    let root = baseline.squareRoot() + 2.5
    return root * root - baseline
  }

  /// The wording of a change: new calcium, a rise within or beyond repeatability, or a fall, which is
  /// never called regression.
  public var words: String {
    if baseline.agatston == 0, followUp.agatston > 0 { return "new calcium" }
    if followUp.agatston < baseline.agatston { return "lower than before" }
    if absolute == 0 { return "unchanged" }
    let beyond = limits().contains { $0.method == "Sevrukov 2005" && $0.isBeyond }
    return beyond ? "beyond repeatability (Sevrukov 2005)" : "within repeatability (Sevrukov 2005)"
  }
}
