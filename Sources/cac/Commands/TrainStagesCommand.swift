// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Concurrency
import Foundation
import Phantom
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
        cac train-stages ours --data Dataset001_Calcium
        cac score study --model stages
      First the localiser, which says where the heart and its arteries are, learns from crops of \
      synthetic subjects, drawn from BodyParts3D's meshes while it is trained. Then scans of other \
      synthetic subjects are drawn, and the classifier learns what each bright spot near the heart is. \
      No scan of a patient is needed. With --data the classifier learns from the masks of a data set, \
      by artery where its labels name them: alone, going on from the default model, or with synthetic \
      subjects beside it. The same command goes on from the last checkpoint after Ctrl-C, \
      a crash or the end of --minutes. The learning rate falls by steps and not by time: weights after \
      fewer steps can be used, but are worse than those of a training of that many steps.
      """)

  @Argument(help: "The folder to write; made if it is not there.")
  var output: String
  @Option(help: "BodyParts3D's archive of Wavefront OBJ files, isa_BP3D_4.0_obj_99.zip.")
  var anatomy: String?
  @Option(
    help: """
      HuBMAP's female reference heart (VH_F_Heart.glb), which half of the subjects have in the place \
      of that of --anatomy. May be given several times: each heart has as many subjects.
      """)
  var heart: [String] = []
  @Option(
    help: """
      A data set in nnU-Net's raw layout, as cac prepare writes it: its masks of calcium teach the \
      classifier.
      """)
  var data: String?
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
  @Option(
    help: ArgumentHelp(
      """
      What synthetic subjects do without, to see what it is worth: \
      \(Realism.allCases.map(\.rawValue).joined(separator: ", ")). May be given several times.
      """, valueName: "realism"))
  var without: [Realism] = []
  @Option(help: "Scans that the classifier's candidates come from; each takes some seconds.")
  var scans = 240
  @Option(
    help: """
      A scan, or a folder of scans, of people without coronary calcium: what is bright there is none, \
      and plaques are painted into copies for the classifier. May be given several times.
      """)
  var healthy: [String] = []
  @Option(
    help: """
      What training starts from, with a third of the learning rate: a model of stages, default for the \
      default model, or the weights of the one --stage (default: with --data alone default, else \
      random weights).
      """)
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
  @Option(
    help: """
      Processes of this machine that divide each step's samples, on CUDA a card each; raise --batch \
      with them.
      """)
  var processes = 1
  @Option(help: .hidden)
  var process: TrainingProcess?
  @OptionGroup var part: PartOptions

  func validate() throws {
    for (name, value, most) in [
      ("steps", steps, 1_000_000), ("batch", batch, 4096), ("jobs", jobs, 1024),
      ("scans", scans, 99_999), ("processes", processes, 1024),
    ] {
      if let value, !(1...most).contains(value) {
        throw ValidationError("--\(name) must be from 1 to \(most), not \(value)")
      }
    }
    if let from, from.hasSuffix(".safetensors"), stage == nil, anatomy != nil {
      throw ValidationError("--from starts one stage: add --stage localiser or --stage classifier")
    }
    if anatomy == nil, data == nil {
      throw ValidationError(
        "give --anatomy, whose shapes synthetic subjects have, or --data, or both")
    }
    if anatomy == nil, stage == .localiser {
      throw ValidationError(
        "the localiser learns from --anatomy: masks of calcium do not say where the heart is")
    }
    if part.parts > 1, anatomy != nil, stage != .classifier {
      throw ValidationError("--parts divides the classifier's scans: add --stage classifier")
    }
    if anatomy == nil, !without.isEmpty {
      throw ValidationError("--without needs --anatomy, whose shapes synthetic subjects have")
    }
    if anatomy == nil, !heart.isEmpty {
      throw ValidationError("--heart needs --anatomy, the body that it is put into")
    }
    if let minutes, !(minutes > 0 && minutes <= 1_000_000) {
      throw ValidationError("--minutes must be above 0 and at most 1000000, not \(minutes)")
    }
  }

  func run() async throws {
    var meshes = try anatomy.map { try AnatomyMeshes(archive: path($0), hearts: heart.map(path)) }
    meshes?.without = Set(without)
    var training = StagesTraining(folder: path(output), anatomy: meshes)
    training.stages =
      stage.map { [$0] } ?? (anatomy == nil ? [.classifier] : StagesTraining.Stage.allCases)
    training.dataset = data.map(path)
    training.part = part.value
    training.processes = processes
    training.process = process
    training.launch = Bundle.main.executableURL.map {
      TrainingRequest.Launch(
        executable: $0, arguments: Array(CommandLine.arguments.dropFirst()))
    }
    training.steps = steps
    training.batchSize = batch
    training.seed = seed
    training.device = device
    training.seconds = minutes.map { $0 * 60 }
    training.jobs = jobs
    training.scans = scans
    training.healthy = healthy.map(path)
    if let from = from ?? (anatomy == nil ? DefaultModel.word : nil) {
      training.start = try DefaultModel.url(named: from)
    }
    let bar = ProgressBar()
    do {
      let sentences = try await training.run(say: bar.say, progress: bar.handler)
      // What one of several processes says is said by the one that started it.
      if process == nil { for sentence in sentences { print(sentence) } }
    } catch  where process != nil {
      process?.leaveFailure(error)
      throw ExitCode.failure
    }
  }
}

extension StagesTraining.Stage: ExpressibleByArgument {}
