// SPDX-License-Identifier: Apache-2.0

/// The time that is left for the steps of a training with a time budget.
///
/// An epoch has hundreds of steps, which on a slow machine take longer than a small budget. So each
/// step asks whether another one fits, together with the validation of the epoch.
struct StepBudget {
  /// The time of the clock at which the budget is used up; `nil` without a budget.
  private let end: Double?
  private let validationSteps: Int

  /// A validation step has the forward pass of a training step, without its backward pass, which
  /// takes about twice as long.
  private static let validationShare = 1.0 / 3

  /// A budget of a training that began at a time of the clock.
  init(options: TrainingOptions, begin: Double) {
    end = options.seconds.map { begin + $0 }
    validationSteps = options.validationIterations
  }

  /// Whether another training step of so many seconds, and the validation after it, end in time.
  ///
  /// The validation may take a fifth of the time that is left at most: it is shortened, too.
  func hasTimeForStep(at now: Double, perStep: Double) -> Bool {
    guard let end else { return true }
    let validation = min(
      perStep * Double(validationSteps) * Self.validationShare, max(0, end - now) / 5)
    return now + perStep + validation <= end
  }

  /// Whether the budget is used up.
  func isOver(at now: Double) -> Bool { end.map { now >= $0 } ?? false }
}
