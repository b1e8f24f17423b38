// SPDX-License-Identifier: Apache-2.0
public import Agatston
import Text

/// How two scans were made differently, so that their scores may differ without any change of the patient.
public enum ProtocolDifference {
  /// What differs, one sentence each; nothing where nothing is known to differ.
  public static func between(_ prior: StudyScore, _ current: StudyScore) -> [String] {
    let (a, b) = (prior.quality, current.quality)
    var differences: [String] = []
    func compare(_ name: String, _ x: Double?, _ y: Double?, _ unit: String, by least: Double) {
      switch (x, y) {
      case (let x?, let y?) where abs(x - y) >= least:
        differences.append(
          "\(name): \(shortDecimal(x, decimals: 2)) and \(shortDecimal(y, decimals: 2)) \(unit)")
      case (nil, _?), (_?, nil): differences.append("\(name): known of one scan alone")
      default: break
      }
    }
    compare("tube voltage", a.kilovoltage, b.kilovoltage, "kV", by: 1)
    compare("slice thickness", a.thickness, b.thickness, "mm", by: 0.05)
    compare("slice increment", a.increment, b.increment, "mm", by: 0.05)
    if a.kernel != b.kernel {
      differences.append("kernel: \(a.kernel ?? "unknown") and \(b.kernel ?? "unknown")")
    }
    if let x = a.noise, let y = b.noise, max(x, y) > 1.5 * min(x, y) {
      differences.append("noise: \(readable(x, 0)) and \(readable(y, 0)) HU")
    }
    let (first, second) = (prior.score.convention, current.score.convention)
    if first != second {
      differences.append("convention: \(first) and \(second)")
    }
    if prior.score.volumeMethod != current.score.volumeMethod {
      differences.append(
        "volume: counted by \(prior.score.volumeMethod) and by \(current.score.volumeMethod)")
    }
    return differences
  }
}
