// SPDX-License-Identifier: Apache-2.0

/// Sets that hold what they promise for one more of the same kind, whatever their distribution.
///
/// Split conformal prediction: Vovk, Gammerman and Shafer 2005, Algorithmic learning in a random world,
/// section 4.2.2; Lei 2018, doi:10.1080/01621459.2017.1307116, algorithm 2.
public enum SplitConformal {
  /// The score below or at which the next one lies with a probability of at least `level`.
  ///
  /// It is the ⌈(n + 1) · level⌉-th smallest of n scores that were not used to fit what is scored; scores
  /// may be infinite. Throws `.tooFew` where n is too small for the level, `.notFinite` for NaN.
  public static func bound(_ scores: [Double], level: Double) throws(StatisticsError) -> Double {
    try requireLevel(level, of: "conformal bound")
    guard !scores.contains(where: \.isNaN) else {
      throw StatisticsError(.notFinite, subject: "conformal bound", detail: "a score is NaN")
    }
    // Rounding must not push a whole number up.
    let rank = Int((Double(scores.count + 1) * level - 1e-9).rounded(.up))
    guard rank <= scores.count else {
      let least = Int((level / (1 - level) - 1e-9).rounded(.up))
      throw StatisticsError(
        .tooFew, subject: "conformal bound",
        detail: "needs at least \(least) scores, there are \(scores.count)")
    }
    return scores.sorted()[rank - 1]
  }
}
