// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The person behind a synthetic scan: risk factors and what became of them, for tests of risk models.
///
/// The numbers resemble no cohort closely; what matters is that the hazard is known, by `PhantomHazard`.
public struct PhantomPerson: Hashable, Sendable {
  /// The age in years, 40 to 79.
  public let age: Int
  /// Whether the person is a man.
  public let isMale: Bool
  /// white, black, hispanic or chinese.
  public let race: String
  /// Total cholesterol in mg/dL.
  public let totalCholesterol: Int
  /// HDL cholesterol in mg/dL.
  public let hdlCholesterol: Int
  /// Systolic pressure in mmHg.
  public let systolicPressure: Int
  /// Whether the pressure is treated.
  public let pressureMedication: Bool
  /// Whether the person takes a statin.
  public let statin: Bool
  /// Whether the person has diabetes.
  public let diabetes: Bool
  /// Whether the person smokes.
  public let smoker: Bool
  /// Whether a parent or sibling had a heart attack.
  public let familyHistory: Bool
  /// The years to the event or to the end of follow-up.
  public let years: Double
  /// Whether the event ended the follow-up.
  public let event: Bool

  /// Draws the person of a subject; the number, the seed, the calcium and the hazard alone determine it.
  ///
  /// - Parameters:
  ///   - id: the number of the subject in its cohort.
  ///   - seed: the seed of the cohort.
  ///   - agatston: the subject's true Agatston score.
  ///   - hazard: how the hazard depends on person and calcium.
  public init(id: Int, seed: UInt64, agatston: Double, hazard: PhantomHazard) {
    // Each its own stream, so that a new factor changes none of the others.
    func stream(_ index: Int) -> KeyedRandom {
      KeyedRandom(seed: seed, subject: id, purpose: .people, index: index)
    }
    func normal(_ index: Int, _ mean: Double, _ deviation: Double) -> Double {
      var random = stream(index)
      return mean + deviation * Double(random.normal())
    }
    func chance(_ index: Int, _ share: Float) -> Bool {
      var random = stream(index)
      return random.chance(share)
    }
    func unit(_ index: Int) -> Double {
      var random = stream(index)
      return Double(random.unit())
    }
    let burden = PhantomHazard.burden(agatston)
    let ageing = hazard.isCrossed ? 0 : 4 * burden
    let age = min(79, max(40, Int(normal(0, 60 + ageing, 8).rounded())))
    isMale = chance(1, 0.5)
    let origin = unit(2)
    race = origin < 0.6 ? "white" : origin < 0.8 ? "black" : origin < 0.92 ? "hispanic" : "chinese"
    totalCholesterol = max(130, Int(normal(3, 195, 35).rounded()))
    hdlCholesterol = max(25, Int(normal(4, 52, 13).rounded()))
    systolicPressure = max(95, Int(normal(5, 126 + 0.4 * Double(age - 60), 14).rounded()))
    pressureMedication = chance(6, 0.35)
    statin = chance(7, 0.5)
    diabetes = chance(8, 0.15)
    smoker = chance(9, 0.2)
    familyHistory = chance(10, 0.3)
    self.age = age
    let rate = hazard.rate(age: age, smoker: smoker, statin: statin, agatston: agatston)
    let toEvent = -log(1 - unit(11)) / rate
    let watched = 3 + 10 * unit(12)
    event = toEvent < watched
    years = (100 * max(0.01, min(toEvent, watched))).rounded() / 100
  }
}
