// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Files
import Foundation
import TestSupport
import Testing
import Workflow

@testable import Operations

/// A folder with an empty data set, where Slurm's commands and `cac` itself are scripts that note what
/// they were asked.
private struct Site {
  let folder: TemporaryFolder
  /// A name with everything that a shell would take apart.
  let root: URL

  init() throws {
    folder = try TemporaryFolder()
    root = folder.file("it's $HOME `x` 100% \"a\"")
    for name in ["imagesTs", "labelsTs"] {
      try Folder.create(root.appendingPathComponent("nnUNet_raw/Dataset007_A/\(name)"))
    }
    try script("sbatch", "echo \"sbatch $*\" >>\"$NOTES\"; wc -l <\"$NOTES\"")
    try script("squeue", "cat \"$QUEUE\" 2>/dev/null || true")
    try script("scancel", "echo \"scancel $*\" >>\"$NOTES\"")
    try script("sacct", "exit 1")
    // Training fails where the file says so; find-best leaves its instructions.
    try script(
      "fake-cac",
      """
      echo "cac $*" >>"$NOTES"
      [ "$*" != "$(cat "$FAILS" 2>/dev/null)" ] || exit 1
      [ "$1" != find-best ] || cat >"$nnUNet_results/Dataset007_A/inference_instructions.txt" <<'X'
      # A comment
      INPUT=elsewhere
      cac predict 'a model' "$INPUT" "$OUTPUT"/model_1 --folds 0 1 --probabilities
      cac ensemble "$OUTPUT"/model_1 "$OUTPUT"/model_2 "$OUTPUT"
      X
      """)
  }

  /// Puts a command on the PATH.
  func script(_ name: String, _ text: String) throws {
    let file = folder.file("bin/\(name)")
    try StagedFile.write("#!/bin/bash\n\(text)\n", to: file)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
  }

  func file(_ name: String) -> URL { folder.file(name) }

  var notes: [String] {
    get throws {
      guard Folder.isFile(file("notes")) else { return [] }
      return try String(contentsOf: file("notes"), encoding: .utf8)
        .split(separator: "\n").map(String.init)
    }
  }

  /// Runs the command; one that takes longer than some seconds is ended and has status 124.
  func cluster(_ arguments: [String], within seconds: Int = 600) throws -> Cac.Outcome {
    try Cac.run(
      ["cluster"] + arguments, in: root,
      launcher: [
        "/usr/bin/timeout", "\(seconds)", "/usr/bin/env", "PATH=\(file("bin").path):/usr/bin:/bin",
        "NOTES=\(file("notes").path)",
        "QUEUE=\(file("queue").path)", "FAILS=\(file("fails").path)",
        "CAC=\(file("bin/fake-cac").path)",
      ])
  }
}

@Suite struct `A cluster's scripts` {
  private let line = ["7", "-c", "2d", "3d_fullres", "--folds", "0-1", "--parts", "2"]

  @Test func `run under bash in order, and pass over what is done`() throws {
    let site = try Site()
    let first = try site.cluster(["run"] + line + ["--", "--epochs", "3"])
    #expect(first.status == 0, "\(first.err)")
    let notes = try site.notes
    #expect(notes.first?.hasPrefix("cac plan Dataset007_A --jobs ") == true)
    let trainings = notes.filter { $0.hasPrefix("cac train") }
    #expect(
      trainings
        == ["2d", "3d_fullres"].flatMap { c in
          [0, 1].map { "cac train Dataset007_A \(c) \($0) --probabilities --epochs 3" }
        })
    let predictions = notes.filter { $0.hasPrefix("cac predict") }
    let model = site.root.appendingPathComponent(
      "nnUNet_results/Dataset007_A/cluster/predictions/model_1"
    ).path
    let input = site.root.appendingPathComponent("nnUNet_raw/Dataset007_A/imagesTs").path
    #expect(
      predictions
        == [0, 1].map {
          "cac predict a model \(input) \(model) --folds 0 1 --probabilities --continue --parts 2 "
            + "--part \($0)"
        })
    #expect(notes.count { $0.hasPrefix("cac ensemble") } == 1)
    #expect(notes.last?.hasPrefix("cac evaluate ") == true)

    let again = try site.cluster(["run"] + line + ["--", "--epochs", "3"])
    #expect(again.status == 0)
    #expect(try site.notes == notes)
  }

  @Test func `train another network and predict with it, without a choice among nnU-Net's models`()
    throws
  {
    let site = try Site()
    let outcome = try site.cluster(
      ["run", "7", "--folds", "0-1", "--", "--network", "lessmann", "--epochs", "3"])
    #expect(outcome.status == 0, "\(outcome.err)")
    let model = site.root.path + "/nnUNet_results/Dataset007_A/lessmann__nnUNetPlans__2d"
    let notes = try site.notes
    #expect(notes[0].hasPrefix("cac plan Dataset007_A"))
    #expect(notes[1] == "cac train Dataset007_A 2d 0 --network lessmann --epochs 3")
    #expect(notes[2] == "cac train Dataset007_A 2d 1 --network lessmann --epochs 3")
    #expect(notes[3].hasPrefix("cac predict \(model) "))
    #expect(notes[3].contains(" --folds 0 1 --continue"))
    #expect(notes[4].hasPrefix("cac score "))
    #expect(notes[5].hasPrefix("cac evaluate "))
    #expect(notes.count == 6)
    let two = try site.cluster([
      "run", "7", "-c", "2d", "3d_fullres", "--", "--network", "lessmann",
    ])
    #expect(two.status == 1 && two.err.contains("one configuration is enough"))
  }

  @Test func `go on where one failed`() throws {
    let site = try Site()
    let fails = "cac train Dataset007_A 2d 1 --probabilities".dropFirst(4)
    try StagedFile.write(String(fails), to: site.file("fails"))
    let outcome = try site.cluster(["run"] + line)
    #expect(outcome.status == 1)
    #expect(outcome.complaints.count == 1)
    #expect(try site.notes.last == "cac " + fails)
    let before = try site.notes.count
    try Folder.remove(site.file("fails"))
    #expect(try site.cluster(["run"] + line).status == 0)
    #expect(try site.notes[before] == "cac " + fails)
  }

  @Test func `do again what is now asked otherwise, and what comes after it`() throws {
    let site = try Site()
    #expect(try site.cluster(["run"] + line).status == 0)
    let before = try site.notes.count
    // Other resources are no other work.
    #expect(try site.cluster(["run"] + line + ["--set", "memory=8G"]).status == 0)
    #expect(try site.notes.count == before)
    #expect(try site.cluster(["run"] + line + ["--", "--epochs", "9"]).status == 0)
    let after = try site.notes[before...]
    #expect(after.first == "cac train Dataset007_A 2d 0 --probabilities --epochs 9")
    #expect(after.last?.hasPrefix("cac evaluate ") == true)
  }

  @Test(arguments: [["--plans", "Other Plans"], ["--plans=Other Plans"]])
  func `look for checkpoints and epochs under the plans that are trained`(plans: [String]) throws {
    let site = try Site()
    func fold(_ number: Int) -> URL {
      site.root.appendingPathComponent(
        "nnUNet_results/Dataset007_A/nnUNetTrainer__Other Plans__2d/fold_\(number)")
    }
    // Fold 0 was interrupted before.
    try StagedFile.write("", to: fold(0).appendingPathComponent("checkpoint_latest.safetensors"))
    let outcome = try site.cluster(
      ["run", "7", "-c", "2d", "--folds", "0-1", "--until", "find-best", "--", "--epochs", "3"]
        + plans)
    #expect(outcome.status == 0, "\(outcome.err)")
    let notes = try site.notes
    let words = "--epochs 3 " + plans.joined(separator: " ")
    #expect(
      notes.filter { $0.hasPrefix("cac train") } == [
        "cac train Dataset007_A 2d 0 \(words) --continue", "cac train Dataset007_A 2d 1 \(words)",
      ])
    for verb in ["preprocess", "find-best"] {
      let line = try #require(notes.first { $0.hasPrefix("cac \(verb) ") })
      #expect(line.contains("Dataset007_A --plans Other Plans -c 2d"), "\(line)")
    }
    let epochs = (0..<2).map {
      #"{"epoch":\#($0),"lr":0.01,"train_loss":1,"val_loss":1,"dice_per_class":[0.5],"#
        + #""mean_fg_dice":0.5,"ema_fg_dice":0.5,"seconds":60}"# + "\n"
    }
    try StagedFile.write(
      epochs.joined(), to: fold(1).appendingPathComponent("metrics.jsonl"))
    let status = try site.cluster(["status", "7"])
    #expect(status.status == 0, "\(status.err)")
    let row = try #require(
      status.out.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        .first { $0.prefix(2) == ["train-2d", "1"] })
    #expect(row.contains("2/3") && row.contains("0.500"), "\(row)")
  }

  @Test func `are submitted with what each waits for`() throws {
    let site = try Site()
    let outcome = try site.cluster(["submit"] + line + ["--at-once", "2"])
    #expect(outcome.status == 0, "\(outcome.err)")
    let notes = try site.notes
    #expect(notes.count == 7)
    #expect(!notes[0].contains("--dependency"))
    for (index, jobs) in [(1, "1"), (2, "2"), (3, "2"), (4, "3:4"), (5, "5"), (6, "6")] {
      #expect(notes[index].contains("--dependency=afterok:\(jobs) --kill-on-invalid-dep=yes"))
    }
    // A percent sign of a path is doubled, because Slurm replaces patterns.
    #expect(notes[2].contains("100%% "))
    #expect(notes[2].contains("logs/train-2d-%A_%a.log"))
    let file = site.root.appendingPathComponent(
      "nnUNet_results/Dataset007_A/cluster/train-2d.sh")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(text.contains("#SBATCH --array=0-1%2\n"))
    #expect(text.contains("#SBATCH --gres=gpu:1\n"))
    #expect(text.contains("#SBATCH --requeue\n"))
    #expect(text.contains("#SBATCH --signal=B:USR1@300\n"))
  }

  @Test func `are not submitted twice, and not in part`() throws {
    let site = try Site()
    #expect(try site.cluster(["submit"] + line).status == 0)
    try StagedFile.write("3|1|RUNNING|None\n", to: site.file("queue"))
    let second = try site.cluster(["submit"] + line)
    #expect(second.status == 1)
    #expect(second.err.contains("job 3 of an earlier submission is running"))
    let status = try site.cluster(["status", "7"])
    #expect(status.status == 0)
    let rows = status.out.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(rows.contains { $0.prefix(4) == ["train-2d", "1", "3", "running"] })
    // The line that was submitted shows its own steps; another configuration was not submitted.
    let part = try site.cluster(["status", "7", "-c", "2d"], within: 500).out
    #expect(part.contains("train-2d") && part.contains("plan") && !part.contains("3d_fullres"))
    let other = try site.cluster(["status", "7", "-c", "3d_lowres"], within: 500)
    #expect(other.status == 1 && other.err.contains("3d_lowres was not submitted"))
    #expect(rows.contains { $0.prefix(4) == ["train-2d", "0", "3", "not"] })

    try Folder.remove(site.file("queue"))
    try Folder.remove(site.file("notes"))
    try StagedFile.write(
      "#!/bin/bash\n[ \"$(wc -l <\"$NOTES\" || echo 0)\" != 2 ] || { echo no such partition >&2; exit 1; }\n"
        + "echo sbatch >>\"$NOTES\"; wc -l <\"$NOTES\"\n", to: site.file("bin/sbatch"))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: site.file("bin/sbatch").path)
    let third = try site.cluster(["submit"] + line)
    #expect(third.status == 1)
    #expect(third.err.contains("no such partition"))
    #expect(try site.notes.last == "scancel 1 2")
  }

  @Test(.timeLimit(.minutes(20))) func `do not wait for ever for a Slurm that says much`() throws {
    let site = try Site()
    // More than a pipe holds goes to standard error before anything goes to standard output.
    let warnings = "yes 'warning: this queue has moved' | head -c 200000 >&2\n"
    try site.script(
      "sbatch", warnings + "echo \"sbatch $*\" >>\"$NOTES\"; wc -l <\"$NOTES\"")
    try site.script("squeue", warnings + "echo '3|1|RUNNING|None'")
    try site.script("sacct", warnings + "exit 1")
    // A command that waits for ever is ended, with status 124.
    let submission = try site.cluster(["submit"] + line, within: 500)
    #expect(submission.status == 0, "\(submission.err.prefix(200))")
    #expect(try site.notes.count == 7)
    let status = try site.cluster(["status", "7"], within: 500)
    #expect(status.status == 0, "\(status.err.prefix(200))")
    let rows = status.out.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(rows.contains { $0.prefix(4) == ["train-2d", "1", "3", "running"] })
  }

  @Test func `are shown by a dry run that writes nothing`() throws {
    let site = try Site()
    let outcome = try site.cluster(["submit"] + line + ["--dry-run", "--until", "train"])
    #expect(outcome.status == 0)
    #expect(outcome.out.contains("# ==== train-3d_fullres.sh"))
    #expect(!outcome.out.contains("find-best"))
    #expect(try site.notes.isEmpty)
    #expect(!Folder.isFolder(site.root.appendingPathComponent("nnUNet_results")))
  }

  @Test func `say that Slurm is not there`() throws {
    let site = try Site()
    try Folder.remove(site.file("bin/sbatch"))
    let path = "PATH=\(site.file("bin").path)"
    let outcome = try Cac.run(
      ["cluster", "submit", "7"], in: site.root, launcher: ["/usr/bin/env", path])
    #expect(outcome.status == 1)
    #expect(outcome.err.contains("sbatch: no such command"), "\(outcome.err)")
  }
}

@Suite struct `A cluster's settings` {
  private func directives(_ lines: [String], _ step: String) throws -> [String] {
    try ClusterSettings(file: nil, overrides: lines).directives(of: step)
  }

  @Test func `hold for every step or for one`() throws {
    let lines = ["time = 1:00:00", "train.time=2-0", "train.gpus=2", "option=--exclusive"]
    #expect(
      try directives(lines, "train") == [
        "--cpus-per-task=8", "--gres=gpu:2", "--time=2-0", "--exclusive",
      ])
    #expect(
      try directives(lines, "plan") == ["--cpus-per-task=4", "--time=1:00:00", "--exclusive"])
    #expect(try directives(["gpus=0", "cpus=1"], "train") == ["--cpus-per-task=1"])
  }

  @Test func `come from a file with comments`() throws {
    let folder = try TemporaryFolder()
    try StagedFile.write(
      "# ours\n\n partition = gpu \nsetup = module load a=b\n", to: folder.file("s"))
    let settings = try ClusterSettings(file: folder.file("s"), overrides: ["partition=cpu"])
    #expect(settings.directives(of: "evaluate").contains("--partition=cpu"))
    #expect(settings.setup(of: "train") == ["module load a=b"])
  }

  @Test(arguments: [
    ("speed = 3", "is no setting"), ("dance.time = 3", "is no setting"), ("time", "no key = value"),
    ("cpus = many", "should be a number"), ("time = 1\u{1B}[2J", "control character"),
  ])
  func `are refused in a sentence that names the line`(line: String, why: String) throws {
    let folder = try TemporaryFolder()
    try StagedFile.write("# ours\n\(line)\n", to: folder.file("s"))
    let error = #expect(throws: WorkflowError.self) {
      try ClusterSettings(file: folder.file("s"))
    }
    #expect(error?.description.contains("line 2") == true)
    #expect(error?.description.contains(why) == true)
  }

  @Test(arguments: [([0, 1, 2, 3, 4], "0-4"), ([0, 2, 3], "0,2-3"), ([5], "5")])
  func `name the tasks of an array`(tasks: [Int], text: String) {
    let step = ClusterWork.Step(name: "a", kind: .train, tasks: tasks, after: [])
    #expect(ClusterScript.array(step) == text)
  }
}
