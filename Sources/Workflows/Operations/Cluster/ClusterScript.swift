// SPDX-License-Identifier: Apache-2.0
import Foundation
import NNUNet
import Segmentation
import Workflow

/// The shell scripts of a cluster's work, for sbatch and for plain bash alike.
///
/// A task that was done before ends at once, one that was interrupted goes on where it stopped, so
/// Slurm may requeue any of them at any time.
package struct ClusterScript: Sendable {
  let work: ClusterWork
  let settings: ClusterSettings
  let dataset: Dataset
  let roots: Roots
  /// The command itself.
  let executable: URL

  private var folder: URL { ClusterWork.folder(dataset) }

  /// The text of a step's script.
  func text(of step: ClusterWork.Step) -> String {
    let head = (directives(of: step) + settings.directives(of: step.kind.rawValue)).map {
      "#SBATCH \($0)"
    }
    return (["#!/bin/bash"] + head + common(step) + body(of: step) + [Self.stampLine])
      .joined(separator: "\n") + "\n"
  }

  /// Makes the stamp, complete or not at all.
  private static let stampLine = #": >"$stamp.part" && mv "$stamp.part" "$stamp""#

  private func directives(of step: ClusterWork.Step) -> [String] {
    // Slurm warns training before the time is up, so that it can be kept.
    ["--nodes=1", "--ntasks=1", "--requeue", "--open-mode=append"]
      + (step.kind == .train ? ["--signal=B:USR1@\(settings.warning)"] : [])
      + (step.tasks.count > 1 || step.kind == .train ? ["--array=\(Self.array(step))"] : [])
  }

  /// The tasks of a step as sbatch takes them, such as 0-4%2.
  static func array(_ step: ClusterWork.Step) -> String {
    var runs: [ClosedRange<Int>] = []
    for task in step.tasks.sorted() {
      if let last = runs.last, last.upperBound + 1 == task {
        runs[runs.count - 1] = last.lowerBound...task
      } else {
        runs.append(task...task)
      }
    }
    let list = runs.map {
      $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)"
    }
    return list.joined(separator: ",") + (step.maxParallel.map { "%\($0)" } ?? "")
  }

  private func common(_ step: ClusterWork.Step) -> [String] {
    func assign(_ name: String, _ url: URL) -> String {
      "\(name)=\(url.standardizedFileURL.path.shellQuoted)"
    }
    let torch = ProcessInfo.processInfo.environment["TORCH_HOME"].map {
      ["export \(assign("TORCH_HOME", URL(fileURLWithPath: $0)))"]
    }
    return [
      "# \(step.name) of \(work.dataset). Without Slurm: bash \(step.name).sh TASK, or bash run.sh for all.",
      "set -euo pipefail",
      "cac() { \"${CAC:-$command}\" \"$@\"; }",
      assign("command", executable), assign("folder", folder),
      "export " + assign("nnUNet_raw", roots.raw),
      "export " + assign("nnUNet_preprocessed", roots.preprocessed),
      "export " + assign("nnUNet_results", roots.results),
    ] + (torch ?? []) + [
      "task=${SLURM_ARRAY_TASK_ID:-${1:-\(step.tasks.first ?? 0)}}",
      "jobs=${SLURM_CPUS_PER_TASK:-$(nproc)}",
      "export OMP_NUM_THREADS=$jobs",
      "mkdir -p \"$folder/stamps\"",
      "stamp=$folder/stamps/\(step.name)-$task",
      "[ ! -e \"$stamp\" ] || { echo \"\(step.name) $task is done\"; exit 0; }",
      "# Status 3: done, with subjects left out, which are listed.",
      "lenient() { \"$@\" || [ $? = 3 ]; }",
    ] + settings.setup(of: step.kind.rawValue)
  }

  private func body(of step: ClusterWork.Step) -> [String] {
    let dataset = work.dataset.shellQuoted
    let configurations = work.options.configurations.map(\.shellQuoted).joined(separator: " ")
    let folds = work.options.folds.map { "\($0)" }.joined(separator: " ")
    // Preparation and selection have to be of the plans that are trained.
    let plans =
      work.options.plans == Plans.defaultName
      ? "" : " --plans \(work.options.plans.shellQuoted)"
    let parts = work.options.parts > 1 ? " --parts \(work.options.parts) --part \"$task\"" : ""
    switch step.kind {
    case .plan:
      let planner = ClusterWork.planner(work.options) ?? .standard
      let option = planner == .standard ? "" : " --planner \(planner.word ?? "")"
      return ["cac plan \(dataset)\(option) --jobs \"$jobs\""]
    case .preprocess:
      return ["cac preprocess \(dataset)\(plans) -c \(configurations) --jobs \"$jobs\"\(parts)"]
    case .train: return training(step)
    case .findBest:
      return [
        "cac find-best \(dataset)\(plans) -c \(configurations) --folds \(folds) --jobs \"$jobs\""
      ]
    case .predict where work.options.network != nil:
      let model = work.options.modelFolder(self.dataset, work.options.configurations[0])
      return paths + [
        "lenient cac predict \(model.path.shellQuoted) \"$INPUT\" \"$OUTPUT\" --folds \(folds) --continue\(parts)"
      ]
    case .predict:
      return paths + [
        "# The commands that find-best wrote, each for this task's part of the scans.",
        "grep '^cac predict ' \"$instructions\" >\"$folder/predict-$task.commands\"",
        "while IFS= read -r line; do",
        "  eval \"lenient $line --continue\(parts.replacing("\"", with: "\\\""))\" </dev/null",
        "done <\"$folder/predict-$task.commands\"",
      ]
    case .evaluate:
      let reference = ClusterWork.reference(self.dataset, work.options).path.shellQuoted
      let merge = [
        "grep -E '^cac (ensemble|postprocess) ' \"$instructions\" >\"$folder/merge.commands\" || true",
        ". \"$folder/merge.commands\"",
      ]
      return paths + (work.options.network == nil ? merge : []) + [
        "lenient cac score \"$INPUT\" --mask \"$OUTPUT\" --reference \(reference) --csv \"$OUTPUT/RESULT.csv\"",
        "cac evaluate \"$OUTPUT/RESULT.csv\" --out \"$OUTPUT/evaluation\"",
      ]
    }
  }

  private var paths: [String] {
    let output =
      work.options.output.map { URL(fileURLWithPath: $0) }
      ?? folder.appendingPathComponent("predictions")
    let instructions = dataset.resultsFolder.appendingPathComponent("inference_instructions.txt")
    return [
      "INPUT=\(ClusterWork.input(dataset, work.options).path.shellQuoted)",
      "OUTPUT=\(output.path.shellQuoted)",
      "instructions=\(instructions.path.shellQuoted)",
    ]
  }

  private func training(_ step: ClusterWork.Step) -> [String] {
    let configuration = step.configuration ?? ""
    let model = work.options.modelFolder(dataset, configuration)
    // Ensembles are made of the probabilities of the validation.
    let keeps = work.options.configurations.count > 1 ? ["--probabilities"] : []
    let extra = (keeps + work.options.training).map(\.shellQuoted).joined(separator: " ")
    return [
      "fold=\(model.path.shellQuoted)/fold_$task",
      "arguments=(train \(work.dataset.shellQuoted) \(configuration.shellQuoted) \"$task\" \(extra))",
      "for checkpoint in \"$fold\"/checkpoint_{final,latest,best}.safetensors; do",
      "  [ ! -e \"$checkpoint\" ] || { arguments+=(--continue); break; }",
      "done",
      "# In the background, because a shell attends to signals only while it waits.",
      "\"${CAC:-$command}\" \"${arguments[@]}\" & child=$!",
      "asked=",
      "ask() {",
      "  # A training that does not end by itself is ended; the last kept epoch remains.",
      "  asked=1; kill -TERM \"$child\" 2>/dev/null || true",
      "  { sleep \(settings.warning * 2 / 3); kill -TERM \"$child\" 2>/dev/null; } &",
      "}",
      "trap ask USR1",
      "trap 'kill -TERM \"$child\" 2>/dev/null || true' TERM INT",
      "status=0; wait \"$child\" || status=$?",
      "while kill -0 \"$child\" 2>/dev/null; do status=0; wait \"$child\" || status=$?; done",
      "if [ -n \"$asked\" ] && [ \"$status\" != 0 ] && [ -n \"${SLURM_JOB_ID:-}\" ]; then",
      "  # The time was nearly up: what is kept goes on in a new run. The last task of an array has the",
      "  # number of the whole array, so it is named by both of its numbers.",
      "  scontrol requeue \"${SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}${SLURM_ARRAY_TASK_ID:+_$SLURM_ARRAY_TASK_ID}\" &&",
      "    sleep 600",
      "fi",
      "[ \"$status\" = 0 ] || exit \"$status\"",
    ]
  }

  /// A script that runs all steps, one after the other, without Slurm.
  var runAll: String {
    let lines = work.steps.flatMap { step in
      [
        "for task in \(step.tasks.map { "\($0)" }.joined(separator: " ")); do",
        "  bash \"$here\"/\(step.name).sh \"$task\"", "done",
      ]
    }
    let head = [
      "#!/bin/bash", "# Every step of \(work.dataset), one after the other, without Slurm.",
      "set -euo pipefail", #"here=$(cd "$(dirname "$0")" && pwd)"#,
    ]
    return (head + lines).joined(separator: "\n") + "\n"
  }
}
