// SPDX-License-Identifier: Apache-2.0

/// How many steps of a piece of work are done; the caller decides how to show it.
package struct WorkProgress: Sendable {
  /// What is being done, for example "prepare".
  package let activity: String
  /// The number of steps done.
  package let done: Int
  /// The number of steps in all.
  package let total: Int
  /// How many steps are one of the units that the user waits for and that are shown, such as a scan.
  package let stepsPerUnit: Int
  /// What the last step was about: a subject, or a loss.
  package let detail: String

  /// The state of some work after a step.
  package init(
    _ activity: String, done: Int, of total: Int, stepsPerUnit: Int = 1, detail: String = ""
  ) {
    self.activity = activity
    self.done = done
    self.total = total
    self.stepsPerUnit = stepsPerUnit
    self.detail = detail
  }

  /// The finished units of all, such as "3/40".
  package var count: String { "\(done / stepsPerUnit)/\(total / stepsPerUnit)" }
}

/// A function that shows progress; it is called from any task.
package typealias ProgressHandler = @Sendable (WorkProgress) -> Void

/// Counts finished steps across concurrent tasks and reports each.
package actor ProgressCounter {
  private let activity: String
  private let total: Int
  private let handler: ProgressHandler
  private var done = 0

  /// A counter at 0, for an activity with a number of steps.
  package init(_ activity: String, total: Int, handler: @escaping ProgressHandler) {
    self.activity = activity
    self.total = total
    self.handler = handler
  }

  /// Counts one more finished step; `detail` says what it was about.
  package func advance(_ detail: String = "") {
    done += 1
    handler(WorkProgress(activity, done: done, of: total, detail: detail))
  }
}
