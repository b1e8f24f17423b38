// SPDX-License-Identifier: Apache-2.0

/// A part of a documented command that the test replaces, because the real thing takes hours or a
/// machine that is not at hand.
///
/// Everything else runs as it is printed. A substitution that no page needs any more fails the test.
struct Substitution: Sendable {
  let printed: String
  let run: String

  static let all = [
    // 200 epochs of 250 steps become one of two steps.
    Substitution(
      printed: "--epochs 200", run: "--epochs 1 --iterations 2 --validation-iterations 1"),
    Substitution(
      printed: "--minutes 30", run: "--minutes 0.02 --iterations 2 --validation-iterations 1"),
    // A network of the usual width takes seconds a step on two cores.
    Substitution(printed: "cac plan 501", run: "cac plan 501 --features 4"),
    Substitution(printed: "--device cuda", run: "--device cpu"),
    // The cohorts of the pages are small already; these are smaller.
    Substitution(printed: "--matrix 128 --slices 24", run: "--matrix 64 --slices 12"),
  ]

  /// Replaces everything in a text that the table lists.
  static func applied(to text: String) -> String {
    all.reduce(text) { $0.replacing($1.printed, with: $1.run) }
  }
}
