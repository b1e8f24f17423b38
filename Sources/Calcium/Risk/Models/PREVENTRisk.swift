// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The 10-year risks of the PREVENT base model: total cardiovascular disease, atherosclerotic
/// cardiovascular disease and heart failure.
///
/// logit p = Σ βx (Khan 2024, doi:10.1161/CIRCULATIONAHA.123.067626, supplementary tables). Calcium is no
/// input of PREVENT.
public struct PREVENTRisk: RiskModel {
  /// The base model.
  public init() {}

  /// The name: prevent.
  public var name: String { "prevent" }
  /// Khan 2024.
  public var publication: String {
    "Khan 2024, Circulation 149:430, doi:10.1161/CIRCULATIONAHA.123.067626"
  }
  /// 30 to 79 years.
  public var ages: ClosedRange<Int> { 30...79 }
  /// People without known disease.
  public var people: String { "no known cardiovascular disease" }
  /// All that the base model asks for.
  public var inputs: [RiskInput] {
    [
      .age, .sex, .totalCholesterol, .hdlCholesterol, .systolicPressure, .bodyMassIndex,
      .filtrationRate, .diabetes, .smoker, .pressureMedication, .lipidMedication,
    ]
  }
  /// The values that the authors' calculator takes.
  public var ranges: [RiskInput: ClosedRange<Double>] {
    [
      .totalCholesterol: 130...320, .hdlCholesterol: 20...100, .systolicPressure: 90...200,
      .bodyMassIndex: 18.5...39.99, .filtrationRate: 15...140,
    ]
  }
  /// Three outcomes.
  public var outcomes: [String] { ["10-year CVD", "10-year ASCVD", "10-year heart failure"] }
  /// Percent.
  public var unit: String { "%" }

  /// The coefficients of a term for women and men: CVD, ASCVD, heart failure.
  private struct Row {
    let women: [Double]
    let men: [Double]

    /// In the order of the publication: F CVD, M CVD, F ASCVD, M ASCVD, F HF, M HF.
    init(_ values: Double...) {
      women = [values[0], values[2], values[4]]
      men = [values[1], values[3], values[5]]
    }
  }

  private static let rows = [
    Row(0.793933, 0.768853, 0.719883, 0.709985, 0.899823, 0.897264),  // a
    Row(0.030524, 0.073617, 0.117697, 0.165866, 0, 0),  // n
    Row(-0.160686, -0.095443, -0.151185, -0.114429, 0, 0),  // h
    Row(-0.239400, -0.434735, -0.083536, -0.283721, -0.455977, -0.681147),  // s1
    Row(0.360078, 0.336266, 0.359285, 0.323998, 0.357650, 0.363446),  // s2
    Row(0.866760, 0.769286, 0.834858, 0.718960, 1.038346, 0.923776),  // dm
    Row(0.536074, 0.438687, 0.483108, 0.395697, 0.583916, 0.502374),  // smk
    Row(0, 0, 0, 0, -0.007229, -0.048584),  // b1
    Row(0, 0, 0, 0, 0.299771, 0.372693),  // b2
    Row(0.604592, 0.537898, 0.486462, 0.369007, 0.745164, 0.692692),  // e1
    Row(0.043377, 0.016483, 0.039778, 0.020362, 0.055709, 0.025183),  // e2
    Row(0.315167, 0.288879, 0.226531, 0.203652, 0.353444, 0.298092),  // bp
    Row(-0.147765, -0.133735, -0.059237, -0.086558, 0, 0),  // st
    Row(-0.066361, -0.047592, -0.039576, -0.032292, -0.098151, -0.049773),  // bp·s2
    Row(0.119788, 0.150273, 0.084442, 0.114563, 0, 0),  // st·n
    Row(-0.081972, -0.051787, -0.056784, -0.030000, 0, 0),  // a·n
    Row(0.030677, 0.019117, 0.032569, 0.023275, 0, 0),  // a·h
    Row(-0.094635, -0.104948, -0.103598, -0.092702, -0.094666, -0.128920),  // a·s2
    Row(-0.270570, -0.225195, -0.241754, -0.201852, -0.358104, -0.304092),  // a·dm
    Row(-0.078715, -0.089507, -0.079114, -0.097053, -0.115945, -0.140169),  // a·smk
    Row(0, 0, 0, 0, -0.003878, 0.006813),  // a·b2
    Row(-0.163781, -0.154370, -0.167149, -0.121708, -0.188429, -0.179778),  // a·e1
    Row(-3.307728, -3.031168, -3.819975, -3.500655, -4.310409, -3.946391),  // 1
  ]

  /// The risks.
  public func values(_ person: KnownFactors) -> [Double] {
    let a = (person.age - 55) / 10
    let n = person.totalMolar - person.hdlMolar - 3.5
    let h = (person.hdlMolar - 1.3) / 0.3
    let s1 = (min(person.pressure, 110) - 110) / 20
    let s2 = (max(person.pressure, 110) - 130) / 20
    let b1 = (min(person.bmi, 30) - 25) / 5
    let b2 = (max(person.bmi, 30) - 30) / 5
    let e1 = (min(person.egfr, 60) - 60) / -15
    let e2 = (max(person.egfr, 60) - 90) / -15
    let (dm, smk, bp, st) = (person.diabetes, person.smoker, person.pressureDrug, person.lipidDrug)
    let terms = [
      a, n, h, s1, s2, dm, smk, b1, b2, e1, e2, bp, st, bp * s2, st * n, a * n, a * h, a * s2,
      a * dm, a * smk, a * b2, a * e1, 1,
    ]
    return outcomes.indices.map { k in
      let sum = zip(Self.rows, terms).reduce(0) {
        $0 + (person.isMale ? $1.0.men : $1.0.women)[k] * $1.1
      }
      return 100 / (1 + exp(-sum))
    }
  }
}
