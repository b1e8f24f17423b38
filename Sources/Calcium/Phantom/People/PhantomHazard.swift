// SPDX-License-Identifier: Apache-2.0
import Foundation

/// How often the event comes to synthetic people: the one place of its coefficients.
///
/// With a the age, s the smoking and A the true Agatston score, the yearly hazard is
/// `base` · exp(`perYear` (a − 60) + `smoking` s + c), where c is `calcium` · ln(1 + A).
///
/// A crossed hazard has c = ∓`crossing` · z instead, with z the burden about its middle: calcium harms those
/// without a statin and, against all that is known of patients, shields those with one as much. Statins are drawn by
/// a coin and z has a mean of about 0, so that neither the image nor the table tells anything of c alone,
/// nor does any sum of what each tells.
public struct PhantomHazard: Hashable, Sendable {
  /// Whether calcium and statins act only together.
  public var isCrossed: Bool

  /// A hazard.
  public init(isCrossed: Bool = false) { self.isCrossed = isCrossed }

  /// The log hazard ratio for each year of age.
  public static let perYear = 0.04
  /// The log hazard ratio of smokers.
  public static let smoking = 0.5
  /// The log hazard ratio for each unit of ln(1 + Agatston score): near that of MESA, 0.27.
  public static let calcium = 0.3
  /// The log hazard ratio for each unit of the burden, of the crossed hazard.
  public static let crossing = 1.8
  /// The yearly hazard at 60 years of people who do not smoke and have no calcium.
  public static let base = 0.012
  /// That of the crossed hazard in the middle of the burden, higher so that some hundred subjects suffice.
  public static let crossedBase = 0.1

  /// The calcium about its middle: (ln(1 + A) − 2) / 2, held between −1 and 1.
  ///
  /// −1 without calcium, 0 at a score of 6, 1 from 54 on.
  public static func burden(_ agatston: Double) -> Double {
    min(1, max(-1, (log1p(max(0, agatston)) - 2) / 2))
  }

  /// The yearly hazard of a person.
  public func rate(age: Int, smoker: Bool, statin: Bool, agatston: Double) -> Double {
    let factors = Self.perYear * Double(age - 60) + (smoker ? Self.smoking : 0)
    guard isCrossed else {
      return Self.base * exp(factors + Self.calcium * log1p(max(0, agatston)))
    }
    let burden = Self.burden(agatston)
    return Self.crossedBase * exp(factors + Self.crossing * (statin ? -burden : burden))
  }
}
