// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import Segmentation
import Text
package import Workflow

/// The progress of a data set's jobs on a cluster.
package struct ClusterStatus: Sendable, Encodable {
  /// One task of a step.
  package struct Task: Sendable, Encodable {
    /// The step, for example "train-2d".
    package let step: String
    /// The task's number: the fold, or the part.
    package let task: Int
    /// Slurm's number, where it was submitted.
    package let job: String?
    /// "done", "running", "pending", "failed", or what else Slurm says; "open" without Slurm.
    package let state: String
    /// Epochs that are done.
    package let epoch: Int?
    /// Epochs in all.
    package let epochs: Int?
    /// The seconds that are left at the pace of the last epochs.
    package let secondsLeft: Double?
    /// The moving average of the pseudo-Dice.
    package let pseudoDice: Double?
    /// Why it waits, or where to look.
    package let note: String
  }

  /// The data set.
  package let dataset: String
  /// Every task in order.
  package let tasks: [Task]

  /// Looks at stamps, the queue, the accounting and the folds' metrics.
  ///
  /// With `configurations`, steps of other configurations are not listed; steps that belong to none,
  /// such as plan and find-best, are.
  ///
  /// - Throws: `WorkflowError` where nothing was submitted, or not for one of the configurations.
  package init(
    dataset name: String, configurations: [String] = [], roots: Roots
  ) async throws {
    let dataset = try Dataset(name, roots: roots)
    let folder = ClusterWork.folder(dataset)
    let file = folder.appendingPathComponent("jobs.json")
    guard Folder.isFile(file) else {
      throw WorkflowError(
        .missing,
        "\(file.path): nothing was submitted for \(dataset.name); run: cac cluster submit \(dataset.name)"
      )
    }
    let work = try JSONFile.read(ClusterWork.self, from: file)
    let submitted = work.options.configurations
    if let other = configurations.first(where: { !submitted.contains($0) }) {
      throw WorkflowError(
        .missing,
        "\(file.path): \(other) was not submitted for \(dataset.name), only "
          + submitted.joined(separator: ", "))
    }
    let jobs = work.steps.compactMap(\.job)
    let queued = try await Slurm.queue(jobs)
    let past =
      queued.count < work.steps.reduce(0) { $0 + $1.tasks.count } ? await Slurm.history(jobs) : []
    self.dataset = dataset.name
    let steps = work.steps.filter { step in
      configurations.isEmpty || step.configuration.map(configurations.contains) ?? true
    }
    tasks = steps.flatMap { step in
      step.tasks.map { task in
        func find(_ list: [Slurm.Queued]) -> Slurm.Queued? {
          list.first { $0.job == step.job && (!step.isArray || $0.task == task) }
        }
        let isDone = Folder.isFile(ClusterWork.stamp(step, task, in: folder))
        let waiting = find(queued)
        let state: String
        var note = ""
        if let waiting {
          state = waiting.state.lowercased()
          note = waiting.reason == "None" ? "" : waiting.reason
        } else if isDone {
          state = "done"
        } else if step.job == nil {
          state = "open"
        } else {
          // Without accounting nothing is known of a task that left the queue undone.
          state = find(past)?.state.lowercased() ?? "not done"
          let log = step.isArray ? "\(step.job ?? "")_\(task)" : step.job ?? ""
          note = folder.appendingPathComponent("logs/\(step.name)-\(log).log").path
        }
        let fold = step.configuration.flatMap {
          Self.epochs(
            of: work.options.modelFolder(dataset, $0)
              .appendingPathComponent("fold_\(task)"), work.options)
        }
        return Task(
          step: step.name, task: task, job: step.job, state: state, epoch: fold?.done,
          epochs: fold?.total, secondsLeft: isDone ? nil : fold?.left, pseudoDice: fold?.dice,
          note: note)
      }
    }
  }

  /// The progress of a fold from its `metrics.jsonl`; `nil` before its first epoch.
  private static func epochs(
    of fold: URL, _ options: ClusterWork.Options
  ) -> (done: Int, total: Int, left: Double, dice: Double?)? {
    guard let log = try? TrainingFolder.log(of: fold), !log.isEmpty else { return nil }
    func value(_ option: String) -> Double? {
      options.trainingValue(of: option).flatMap(Double.init)
    }
    let total = value("--epochs").map { Int($0) } ?? TrainingOptions.default.epochs
    let last = log.suffix(10).map(\.seconds)
    let pace = last.reduce(0, +) / Double(last.count)
    var left = pace * Double(max(0, total - log.count))
    if let minutes = value("--minutes") {
      left = min(left, max(0, minutes * 60 - log.map(\.seconds).reduce(0, +)))
    }
    return (log.count, total, left, log.last?.smoothedDice)
  }

  /// The tasks for a terminal.
  package var table: String {
    var table = TextTable(["step", "task", "job", "state", "epoch", "left", "pseudo-Dice", ""])
    for task in tasks {
      table.add([
        task.step, "\(task.task)", task.job ?? "–", task.state,
        task.epoch.map { "\($0)/\(task.epochs ?? 0)" } ?? "",
        task.secondsLeft.map(Self.time) ?? "", task.pseudoDice.map { readable($0, 3) } ?? "",
        task.note,
      ])
    }
    let done = tasks.count { $0.state == "done" }
    return table.text + "\n\(done) of \(counted(tasks.count, "task")) "
      + (tasks.count == 1 ? "is done" : "are done")
  }

  private static func time(_ seconds: Double) -> String {
    seconds < 90
      ? "\(Int(seconds)) s"
      : seconds < 5400 ? "\(Int((seconds / 60).rounded())) min" : "\(readable(seconds / 3600)) h"
  }
}
