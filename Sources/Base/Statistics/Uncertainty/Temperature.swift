// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Probabilities whose logits are divided by one number, so that they are as sure as they should be.
///
/// Guo 2017 ("On calibration of modern neural networks", ICML, section 4.2), for a yes or no. Above 1 a
/// temperature makes probabilities less sure, below 1 surer; 0.5 and their order stay.
public enum Temperature {
  /// Probabilities nearer to 0 or 1 than this have its logit.
  private static let edge = 1e-6
  /// The temperatures among which the best is sought.
  private static let bounds = 0.05...20.0

  /// A probability at a temperature above 0.
  public static func apply(_ temperature: Double, to probability: Double) -> Double {
    guard temperature != 1 else { return probability }
    return 1 / (1 + exp(-logit(probability) / temperature))
  }

  /// The temperature whose probabilities are nearest to what happened, by the mean logarithmic loss.
  ///
  /// Throws `.tooFew` unless something of both kinds happened.
  public static func fitted(
    to outcomes: [(probability: Double, happened: Bool)]
  ) throws(StatisticsError) -> Double {
    guard outcomes.contains(where: \.happened), outcomes.contains(where: { !$0.happened }) else {
      throw StatisticsError(
        .tooFew, subject: "temperature", detail: "needs outcomes of both kinds")
    }
    let logits = outcomes.map { logit($0.probability) * ($0.happened ? -1 : 1) }
    func loss(_ logTemperature: Double) -> Double {
      let scale = exp(-logTemperature)
      return logits.reduce(0) { sum, logit in
        // log(1 + e^x) without overflow.
        let x = logit * scale
        return sum + max(x, 0) + log1p(exp(-abs(x)))
      }
    }
    // The loss is convex in 1 / T, so it has one minimum; golden sections find it.
    var (low, high) = (log(bounds.lowerBound), log(bounds.upperBound))
    let ratio = (5.0.squareRoot() - 1) / 2
    while high - low > 1e-6 {
      let (a, b) = (high - ratio * (high - low), low + ratio * (high - low))
      if loss(a) <= loss(b) { high = b } else { low = a }
    }
    return exp((low + high) / 2)
  }

  private static func logit(_ probability: Double) -> Double {
    let p = min(max(probability, edge), 1 - edge)
    return log(p / (1 - p))
  }
}
