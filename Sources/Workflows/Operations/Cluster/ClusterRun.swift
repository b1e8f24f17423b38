// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Processes
import Segmentation
package import Workflow

/// Writes a data set's scripts and has them run, by Slurm or by bash.
package struct ClusterRun: Sendable {
  /// The steps.
  package private(set) var work: ClusterWork
  private let script: ClusterScript
  private let folder: URL

  /// The work for a data set; nothing is written yet.
  package init(
    dataset: String, options: ClusterWork.Options, settings: ClusterSettings, roots: Roots,
    executable: URL
  ) throws {
    let dataset = try Dataset(dataset, roots: roots)
    work = try ClusterWork(dataset, options: options)
    script = ClusterScript(
      work: work, settings: settings, dataset: dataset, roots: roots, executable: executable)
    folder = ClusterWork.folder(dataset)
  }

  /// Every script as it would be written.
  package var text: String {
    work.steps.map { "# ==== \($0.name).sh\n\(script.text(of: $0))" }.joined(separator: "\n")
  }

  /// Writes the scripts; returns the one that runs all.
  ///
  /// A step that now does something else than before, and what comes after it, counts as undone.
  @discardableResult package func write() throws -> URL {
    try Folder.create(folder.appendingPathComponent("logs"))
    var changed: Set<String> = []
    for step in work.steps {
      let file = ClusterWork.script(step, in: folder)
      let text = script.text(of: step)
      let earlier = Folder.isFile(file) ? try FileBytes.read(file) : nil
      if !changed.isDisjoint(with: step.after)
        || earlier.map({
          Self.commands(of: String(decoding: $0, as: UTF8.self)) != Self.commands(of: text)
        })
          == true
      {
        changed.insert(step.name)
        for task in step.tasks { try Folder.remove(ClusterWork.stamp(step, task, in: folder)) }
      }
      try StagedFile.write(text, to: file)
    }
    let all = folder.appendingPathComponent("run.sh")
    try StagedFile.write(script.runAll, to: all)
    try writeJobs()
    return all
  }

  /// What a script does, without the resources that it asks for.
  private static func commands(of script: String) -> [Substring] {
    script.split(separator: "\n").filter { !$0.hasPrefix("#SBATCH") }
  }

  private func writeJobs() throws {
    try JSONFile.write(work, to: folder.appendingPathComponent("jobs.json"))
  }

  /// Writes the scripts and submits them, each to begin when those before it have succeeded.
  ///
  /// Refused while jobs of an earlier submission are in the queue, because two runs of one fold would
  /// write over each other. If one cannot be submitted, those before it are cancelled.
  package mutating func submit() async throws {
    let file = folder.appendingPathComponent("jobs.json")
    if Folder.isFile(file) {
      let earlier = try JSONFile.read(ClusterWork.self, from: file).steps.compactMap(\.job)
      if let job = try await Slurm.queue(earlier).first {
        throw WorkflowError(
          .refused,
          "\(work.dataset): job \(job.job) of an earlier submission is \(job.state.lowercased()); "
            + "wait for it (cac cluster status), or scancel \(earlier.joined(separator: " "))")
      }
    }
    try write()
    var jobs: [String: String] = [:]
    do {
      for (index, step) in work.steps.enumerated() {
        let number = try await Slurm.submit(
          ClusterWork.script(step, in: folder), name: "cac-\(work.dataset)-\(step.name)",
          log: folder.appendingPathComponent(
            "logs/\(step.name)-\(step.isArray ? "%A_%a" : "%j").log"),
          after: step.after.compactMap { jobs[$0] })
        jobs[step.name] = number
        work.steps[index].job = number
        try writeJobs()
      }
    } catch {
      _ = try? await Slurm.run("scancel", jobs.values.sorted())
      throw error
    }
  }

  /// Runs all scripts by bash, one after the other, in this terminal; returns whether all succeeded.
  package func runHere() async throws -> Bool {
    try await Command("bash", [write().path]).run().isSuccess
  }
}

extension ClusterWork.Step {
  /// Whether Slurm gets it as an array of tasks.
  var isArray: Bool { tasks.count > 1 || kind == .train }
}
