// SPDX-License-Identifier: Apache-2.0
import CommandSupport
import Foundation
import TestSupport
import Testing

@Suite struct `The command line` {
  @Test(arguments: [
    "dance", "phantom", "phantom out", "phantom out --subjects many",
    "phantom out --subjects 0", "phantom out --subjects 2 --matrix 7",
    "phantom out --subjects 2 --slices 3", "phantom out --subjects 2 --protocol dental",
    "phantom out --subjects 2 --jobs 0", "phantom out --subjects 2 --without motion",
    "phantom out --subjects 2 --anatomy a.zip --without fog", "coca audit", "coca audit a b",
    "coca prepare tree --dimension 3d", "coca prepare tree --dataset 1_A --dimension 4d",
    "coca prepare tree --dataset 1_A --dimension 3d --slices annotated",
    "coca prepare tree --dataset 1_A --dimension 3d --test-fraction 1.5",
    "coca prepare tree --dataset 1_A --dimension 3d --test-fraction 0.2 --test-ids ids",
    "plan", "plan 1 --planner fancy", "preprocess", "train 1 2d", "train 1 2d x",
    "train 1 2d -1", "train 1 2d 0 --epochs 0", "train 1 2d 0 --minutes 0",
    "train 1 2d 0 --batch-size 0",
    "train 1 2d 0 --continue --pretrained a.pth",
    "train 1 2d 0 --pretrained-heads", "train 1 2d 0 --loss focal",
    "train 1 2d 0 --patience 0", "train 1 2d 0 --validate-only --continue",
    "train 1 2d 0 --no-validation --probabilities", "train 1 2d 0 --seed -1",
    "train-stages", "train-stages out", "train-stages --anatomy a.zip",
    "train-stages out --anatomy a.zip --steps 0", "train-stages out --anatomy a.zip --batch 0",
    "train-stages out --anatomy a.zip --minutes 0", "train-stages out --anatomy a.zip --jobs 0",
    "train-stages out --anatomy a.zip --seed -1", "train-stages out --anatomy a.zip --continue",
    "train-stages out --data set --stage localiser", "train-stages out --data set --heart a.glb",
    "train-stages out --anatomy a.zip --parts 2", "train-stages out --data set --parts 0",
    "train-stages out --anatomy a.zip --from a.safetensors",
    "predict model",
    "predict model in out --step 0", "predict model in out --step 2",
    "predict model in out --parts 0",
    "predict model in out --parts 2 --part 2", "predict model in out --part 1", "ensemble",
    "predict model in out --max-memory 0", "ensemble a b",
    "predict model in out --fast --skip-empty", "predict model in out --fast --engine plain",
    "predict model in out --mirror-candidates --no-mirroring",
    "score ct.nii --model m --no-mirroring --mirror-candidates",
    "predict model in out --precision int8", "predict model in out --engine fastest",
    "predict model in out --engine plain --precision bfloat16",
    "score ct.nii --model m --fast --precision float32", "score",
    "score ct.nii --mask m --model n", "score ct.nii --mass-calibration 0",
    "score ct.nii --kv high", "score ct.nii --kv 0", "score ct.nii --mask m --volume sphere",
    "score ct.nii --mask m --volume isotropic --isotropic-step 0", "score ct.nii --object-hu 100",
    "score ct.nii --candidates --min-volume -1", "score ct.nii --min-volume 1",
    "score ct.nii --mask m --min-volume 1", "score ct.nii --candidates --mask m",
    "score ct.nii --candidates --model m", "score ct.nii --candidates --reference r",
    "score ct.nii --candidates --arteries-csv a.csv",
    "score ct.nii --candidates --lesions-csv l.csv", "score ct.nii --candidates --all-conventions",
    "score ct.nii --mask m --kv-table graeni2018 --force-threshold",
    "score ct.nii --mask m --labels vessels", "score ct.nii --model m --labels calcium", "evaluate",
    "evaluate r.csv --bootstrap 1", "evaluate r.csv --bootstrap -5", "evaluate r.csv --seed -1",
    "evaluate r.csv --interval normal", "evaluate r.csv --erasmus-protocol --bootstrap 9",
    "evaluate r.csv --erasmus-protocol --interval bca", "evaluate r.csv --by-table t.csv",
    "evaluate r.csv --by kernel --by kernel",
    "evaluate r.csv --probabilities p",
    "evaluate r.csv --masks l p --probabilities a b", "evaluate r.csv --bootstrap 0 --by kernel",
    "evaluate r.csv --bootstrap 0 --seed 3",
    "report", "doctor --unknown", "--unknown", "model show", "model import a", "model export a b c",
    "postprocess determine a", "postprocess apply a b", "find-best", "find-best 1 --folds 4-0",
    "find-best 1 --folds 0-2 1", "find-best 1 --by eye", "cluster submit", "cluster status",
    "cluster submit 1 --until lunch", "cluster run 1 --parts 0", "cluster run 1 --at-once 0",
    "cluster run 1 -c 2d 2d", "preprocess 1 --parts 2 --part 2",
  ])
  func `refuses wrong usage in one line with status 2`(line: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Cac.run(line.split(separator: " ").map(String.init), in: folder.url)
    #expect(outcome.status == 2)
    #expect(outcome.out == "")
    #expect(outcome.err.hasPrefix("cac: "))
    #expect(outcome.err.split(separator: "\n").count == 1)
    #expect(folder.allNames == [])
  }

  @Test(arguments: [
    ("scor ct.nii --mask m", "cac: cac has no verb 'scor'; did you mean score? (see cac --help)"),
    ("dance", "cac: cac has no verb 'dance' (see cac --help)"),
    (
      "coca prepar tree --dataset 1_A",
      "cac: cac coca has no verb 'prepar'; did you mean prepare? (see cac coca --help)"
    ),
    (
      "score ct.nii --maks m",
      "cac: Unknown option '--maks'. Did you mean '--mask'? (see cac score --help)"
    ),
  ])
  func `names the help of the verb and what was meant`(line: String, complaint: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Cac.run(line.split(separator: " ").map(String.init), in: folder.url)
    #expect(outcome.status == 2)
    #expect(outcome.complaints == [complaint])
  }

  @Test func `gives a limit as a person would write it`() throws {
    let folder = try TemporaryFolder()
    let outcome = try Cac.run(["train", "1", "2d", "0", "--negative-share", "0.9"], in: folder.url)
    #expect(outcome.err.contains("leaves, 0.67, not 0.9"))
  }

  @Test(arguments: [
    "coca audit nowhere", "coca reference nowhere", "coca reference .",
    "coca prepare nowhere --dataset 1_A --dimension 3d",
    "coca prepare . --dataset A --dimension 3d", "coca prepare . --dataset 1000_A --dimension 2d",
    "plan 1", "plan Dataset001_A", "plan heart", "preprocess 1 -c 2d", "train 1 2d 0",
    "train-stages out --anatomy nowhere.zip", "train-stages out --anatomy .",
    "model show nowhere", "model import nowhere out", "model export . out",
    "predict nowhere in out", "ensemble a b out", "score nowhere", "score nowhere --mask m",
    "score . --model nowhere",
    "score . --convention mine", "score . --kv-table mine", "evaluate nowhere.csv",
    "evaluate nowhere.csv --out there", "evaluate . --by kernel", "report nowhere", "report .",
    "find-best 1", "cluster submit 1", "cluster run 1", "cluster status 1",
    "postprocess determine nowhere labels",
    "postprocess apply . out --file nowhere.json",
  ])
  func `fails in one line with status 1 and writes nothing`(line: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Cac.run(line.split(separator: " ").map(String.init), in: folder.url)
    #expect(outcome.status == 1)
    #expect(outcome.out == "")
    #expect(outcome.err.hasPrefix("cac: "))
    #expect(outcome.err.split(separator: "\n").count == 1)
    #expect(folder.url.allFiles == [])
  }

  @Test(arguments: [
    "", "coca", "coca audit", "coca prepare", "coca reference", "phantom", "plan", "preprocess",
    "train", "train-stages", "model show", "model import", "model export", "predict", "ensemble",
    "score",
    "evaluate", "report", "doctor", "find-best", "cluster submit", "cluster run", "cluster status",
    "postprocess determine", "postprocess apply",
  ])
  func `helps with an example`(verb: String) throws {
    let folder = try TemporaryFolder()
    let outcome = try Cac.run(
      verb.split(separator: " ").map(String.init) + ["--help"], in: folder.url)
    #expect(outcome.status == 0)
    #expect(outcome.err == "")
    #expect(outcome.out.contains("USAGE: cac \(verb)".trimmingCharacters(in: .whitespaces)))
    if verb != "coca" {
      #expect(outcome.out.contains(verb.isEmpty ? "first run" : "Example"))
    }
  }

  @Test func `tells its version and what it runs on`() throws {
    let folder = try TemporaryFolder()
    let version = try Cac.succeed(["--version"], in: folder.url)
    #expect(version.out.contains(/^[0-9]+\.[0-9]+\.[0-9]+\n$/))
    let doctor = try Cac.run(["doctor", "--json"], in: folder.url)
    let findings = try Cohort.json(Data(doctor.out.utf8))["findings"] as? [[String: Any]]
    #expect(try #require(findings).contains { $0["subject"] as? String == "libtorch" })
    #expect(folder.allNames == [])
  }
}
