// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Concurrency
import Prognosis
import RiskNetworks
import Workflow

/// The networks of `cac train-risk` that look at scans.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: """
      A cohort or folder of scans named as the table's ids: trains networks on the hearts in them and on the \
      table, and compares them; needs --masks and --out.
      """)
  var images: String?
  @Option(
    help: "The folder of the calcium's label maps, named as the scans or as coca prepare does.")
  var masks: String?
  @Option(
    help: ArgumentHelp(
      """
      A network; may be repeated. deep-concatenation has a hidden layer. (default: table, image, \
      concatenation, film, daft)
      """, valueName: "network"))
  var network: [RiskNetworkKind] = []
  @Option(help: "What networks learn: who has the event before whom, or who has it by the horizon.")
  var loss: RiskLoss = .cox
  @Option(help: "How often networks see each subject.")
  var epochs = 20
  @Option(help: "How often each network is trained, with weights and batches of its own.")
  var seeds = 3
  @Option(help: "The subjects of a step.")
  var batch = 16
  @Option(help: "The largest learning rate.")
  var rate = 5e-3
  @Option(help: "The edge of a voxel of the networks' images in mm.")
  var edge = 4.0
  @Option(help: "The edge of the cube round the heart in mm.")
  var size = 160.0
  @Option(help: "The middle of the cube: the heart, as the default model sees it, or the scan's.")
  var center: NetworkRequest.Centre = .heart
  @Option(help: "Where networks are computed: auto, cpu, cuda, cuda:N or mps.")
  var device = "cpu"
  @Option(name: .shortAndLong, help: "Trainings at once, each on one thread.")
  var jobs = Machine.processorCount

  func validate() throws {
    guard images != nil else {
      guard masks == nil, network.isEmpty else {
        throw ValidationError("--masks and --network need --images, the scans")
      }
      return
    }
    guard masks != nil else {
      throw ValidationError("--images needs --masks, the folder of the calcium's label maps")
    }
    for (name, value, range) in [
      ("epochs", epochs, 1...100_000), ("seeds", seeds, 1...1_000), ("batch", batch, 2...4_096),
      ("jobs", jobs, 1...1_024),
    ] where !range.contains(value) {
      throw ValidationError(
        "--\(name) must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
    guard rate > 0, rate <= 1 else {
      throw ValidationError("--rate must be above 0 and at most 1, not \(rate)")
    }
    guard edge >= 0.2, edge <= 50, size >= edge, size <= 1_000 else {
      throw ValidationError(
        "--edge must be 0.2 to 50 mm, and --size at least that and at most 1000")
    }
    guard Set(network).count == network.count else {
      throw ValidationError("--network names a network twice")
    }
  }

  /// What the options ask for; `nil` without scans.
  func request(out: String?) throws -> NetworkRequest? {
    guard let images, let masks else { return nil }
    guard let out else {
      throw ValidationError("--images needs --out, the folder that keeps crops and trainings")
    }
    var request = NetworkRequest(images: path(images), masks: path(masks), folder: path(out))
    if !network.isEmpty { request.kinds = network }
    (request.loss, request.epochs, request.seeds) = (loss, epochs, seeds)
    (request.batchSize, request.rate) = (batch, rate)
    (request.edge, request.size, request.centre) = (edge, size, center)
    (request.device, request.jobs) = (device, jobs)
    return request
  }
}
