// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Concurrency
import Segmentation

/// `cac train-stages`: the network that finds the heart and its arteries.
struct TrainStagesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-stages",
    abstract: "Train the localiser, the stage that finds the heart and its arteries.",
    discussion: """
      Examples:
        cac train-stages stages --anatomy isa_BP3D_4.0_obj_99.zip
        cac train-stages stages --anatomy isa_BP3D_4.0_obj_99.zip --minutes 30
      It learns from crops of synthetic subjects, drawn from BodyParts3D's meshes while it is trained; \
      no scan is needed. The same command goes on from the last checkpoint after Ctrl-C, a crash or \
      the end of --minutes. The learning rate falls by steps and not by time: weights after fewer \
      steps can be used, but are worse than those of a training of that many steps.
      """)

  @Argument(help: "The folder to write; made if it is not there.")
  var output: String
  @Option(help: "BodyParts3D's archive of Wavefront OBJ files, isa_BP3D_4.0_obj_99.zip.")
  var anatomy: String
  @Option(help: "Steps of the whole training, by which the learning rate falls.")
  var steps = 4500
  @Option(help: "The seed of weights and crops.")
  var seed: UInt64 = 1
  @Option(help: "Crops of a step.")
  var batch = 2
  @Option(help: "auto, cpu, cuda, cuda:N or mps.")
  var device = "auto"
  @Option(
    help: """
      End this run after so many minutes, with the weights so far; the schedule of the learning rate \
      stays that of --steps.
      """)
  var minutes: Double?
  @Option(name: .shortAndLong, help: "Threads that draw crops; the result does not depend on it.")
  var jobs = Machine.processorCount

  func validate() throws {
    for (name, value, most) in [
      ("steps", steps, 1_000_000), ("batch", batch, 4096), ("jobs", jobs, 1024),
    ] where !(1...most).contains(value) {
      throw ValidationError("--\(name) must be from 1 to \(most), not \(value)")
    }
    if let minutes, !(minutes > 0 && minutes <= 1_000_000) {
      throw ValidationError("--minutes must be above 0 and at most 1000000, not \(minutes)")
    }
  }

  func run() async throws {
    var request = StageTrainingRequest(folder: path(output))
    request.steps = steps
    request.seed = seed
    request.batchSize = batch
    request.device = device
    request.seconds = minutes.map { $0 * 60 }
    request.jobs = jobs
    let training = StageTrainingRun(request, source: try AnatomyCrops(archive: path(anatomy)))
    let bar = ProgressBar()
    print(try training.run(say: bar.say, progress: bar.handler))
  }
}
