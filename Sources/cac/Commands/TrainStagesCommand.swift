// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Concurrency
import Segmentation

/// `cac train-stages`: the networks of a model of several stages.
struct TrainStagesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-stages",
    abstract: "Train a model of several stages: where the arteries are, what bright spots are.",
    discussion: """
      Examples:
        cac train-stages stages --anatomy isa_BP3D_4.0_obj_99.zip
        cac train-stages stages --anatomy isa_BP3D_4.0_obj_99.zip --minutes 30
        cac train-stages stages --anatomy isa_BP3D_4.0_obj_99.zip --stage classifier --scans 400
        cac score study --model stages
      First the localiser, which says where the heart and its arteries are, learns from crops of \
      synthetic subjects, drawn from BodyParts3D's meshes while it is trained. Then scans of other \
      synthetic subjects are drawn, and the classifier learns what each bright spot near the heart is. \
      No scan of a patient is needed. The same command goes on from the last checkpoint after Ctrl-C, \
      a crash or the end of --minutes. The learning rate falls by steps and not by time: weights after \
      fewer steps can be used, but are worse than those of a training of that many steps.
      """)

  @Argument(help: "The folder to write; made if it is not there.")
  var output: String
  @Option(help: "BodyParts3D's archive of Wavefront OBJ files, isa_BP3D_4.0_obj_99.zip.")
  var anatomy: String
  @Option(help: "localiser or classifier; default: one after the other.")
  var stage: StagesTraining.Stage?
  @Option(
    help: """
      Steps of a stage's training, by which the learning rate falls; default: \
      \(StagesTraining.usual(.localiser).steps) for the localiser, \
      \(StagesTraining.usual(.classifier).steps) for the classifier.
      """)
  var steps: Int?
  @Option(help: "The seed of weights, subjects and samples.")
  var seed: UInt64 = 1
  @Option(
    help: """
      Samples of a step; default: \(StagesTraining.usual(.localiser).batch) crops for the localiser, \
      \(StagesTraining.usual(.classifier).batch) candidates for the classifier.
      """)
  var batch: Int?
  @Option(help: "Scans that the classifier's candidates come from; each takes some seconds.")
  var scans = 240
  @Option(
    help: """
      A scan, or a folder of scans, of people without coronary calcium: what is bright there is none, \
      and plaques are painted into copies for the classifier. May be given several times.
      """)
  var healthy: [String] = []
  @Option(
    help: "Weights that the one --stage starts from, with a third of the learning rate.")
  var from: String?
  @Option(help: "auto, cpu, cuda, cuda:N or mps.")
  var device = "auto"
  @Option(
    help: """
      End a stage's training after so many minutes, with the weights so far; the schedule of the \
      learning rate stays that of --steps.
      """)
  var minutes: Double?
  @Option(name: .shortAndLong, help: "Threads that draw samples; the result does not depend on it.")
  var jobs = Machine.processorCount

  func validate() throws {
    for (name, value, most) in [
      ("steps", steps, 1_000_000), ("batch", batch, 4096), ("jobs", jobs, 1024),
      ("scans", scans, 99_999),
    ] {
      if let value, !(1...most).contains(value) {
        throw ValidationError("--\(name) must be from 1 to \(most), not \(value)")
      }
    }
    if from != nil, stage == nil {
      throw ValidationError("--from starts one stage: add --stage localiser or --stage classifier")
    }
    if let minutes, !(minutes > 0 && minutes <= 1_000_000) {
      throw ValidationError("--minutes must be above 0 and at most 1000000, not \(minutes)")
    }
  }

  func run() async throws {
    var training = StagesTraining(
      folder: path(output), anatomy: try AnatomyMeshes(archive: path(anatomy)))
    training.stages = stage.map { [$0] } ?? StagesTraining.Stage.allCases
    training.steps = steps
    training.batchSize = batch
    training.seed = seed
    training.device = device
    training.seconds = minutes.map { $0 * 60 }
    training.jobs = jobs
    training.scans = scans
    training.healthy = healthy.map(path)
    training.start = from.map(path)
    let bar = ProgressBar()
    for sentence in try await training.run(say: bar.say, progress: bar.handler) { print(sentence) }
  }
}

extension StagesTraining.Stage: ExpressibleByArgument {}
