// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Stages
package import Studies
import Torch
package import Workflow

/// Trains the stages of a model one after the other: where things are, then what bright spots are.
///
/// Each stage has a folder of its own in the model's folder; its weights are copied to where
/// `StagedPredictor` looks for them.
package struct StagesTraining: Sendable {
  /// A stage by the name that users give.
  package enum Stage: String, CaseIterable, Sendable {
    /// Stage A.
    case localiser
    /// Stage B.
    case classifier
  }

  /// The folder of the model.
  package var folder: URL
  /// The stages to train.
  package var stages = Stage.allCases
  /// The seed of weights, subjects and samples.
  package var seed: UInt64 = 1
  /// The device as a user names it.
  package var device = "auto"
  /// The seconds after which a stage's training ends, with the weights so far.
  package var seconds: Double?
  /// The number of threads that draw samples.
  package var jobs = 1
  /// The steps of a stage; `nil` for the usual number.
  package var steps: Int?
  /// The samples of a step; `nil` for the usual number.
  package var batchSize: Int?
  /// The number of scans that the classifier's candidates come from.
  package var scans = 240
  /// Folders or files with scans of people without coronary calcium, into copies of which plaques are
  /// painted for the classifier.
  package var healthy: [URL] = []
  /// A data set in nnU-Net's raw layout whose masks of calcium the classifier learns from, too.
  package var dataset: URL?
  /// What the stages start from in place of random weights: a file of one stage's weights, or a model
  /// of stages.
  package var start: URL?
  /// How many processes of this machine divide each step.
  package var processes = 1
  /// Which of these processes this one is; `nil` in the one that starts them.
  package var process: TrainingProcess?
  /// How the processes are started.
  package var launch: TrainingRequest.Launch?
  /// Which of the classifier's scans this process looks at, where several divide them.
  package var part = CasePart.all
  private let anatomy: AnatomyMeshes?

  /// A training with the shapes of some meshes; without them on a data set alone.
  package init(folder: URL, anatomy: AnatomyMeshes?) {
    self.folder = folder
    self.anatomy = anatomy
  }

  /// The usual steps, samples of a step and largest learning rate of a stage.
  package static func usual(_ stage: Stage) -> (steps: Int, batch: Int, rate: Double) {
    switch stage {
    case .localiser: (4500, 2, 3e-3)
    case .classifier: (1500, 64, 1e-3)
    }
  }

  /// Trains, or goes on; returns a sentence for each stage.
  ///
  /// - Throws: `WorkflowError` with the code `stopped`, and the way to go on, where it was stopped.
  package func run(
    say: (String) -> Void = { _ in }, progress: @escaping ProgressHandler = { _ in }
  ) async throws -> [String] {
    StopSignal.listen(ignoresRepeats: process != nil)
    var sentences: [String] = []
    for stage in Stage.allCases where stages.contains(stage) {
      switch stage {
      case .localiser: sentences.append(try await trainLocaliser(say: say, progress: progress))
      case .classifier:
        sentences.append(try await trainClassifier(say: say, progress: progress))
      }
    }
    return sentences
  }

  private func weights(_ stage: Stage) -> URL {
    folder.appendingPathComponent("\(stage.rawValue).safetensors")
  }

  private func request<Design: StageDesign>(_ stage: Stage, _ design: Design)
    -> StageTrainingRequest<Design>
  {
    var request = StageTrainingRequest(
      folder: folder.appendingPathComponent(stage.rawValue), design: design)
    let usual = Self.usual(stage)
    request.steps = steps ?? usual.steps
    request.batchSize = batchSize ?? usual.batch
    request.rate = usual.rate
    request.seed = seed
    request.device = device
    request.seconds = seconds
    request.jobs = jobs
    request.processes = processes
    request.process = process
    request.launch = launch.map {
      .init(executable: $0.executable, arguments: $0.arguments + ["--stage", stage.rawValue])
    }
    return request
  }

  private func train<Stage: TrainableStage>(
    _ training: StageTrainingRun<Stage>, say: (String) -> Void, progress: @escaping ProgressHandler
  ) async throws -> String {
    processes > 1 && process == nil
      ? try await training.runTogether(say: say) : try training.run(say: say, progress: progress)
  }

  /// Copies the weights of a stage to the model's folder.
  private func publish(_ stage: Stage) throws {
    guard process == nil else { return }
    let file = folder.appendingPathComponent(stage.rawValue).appendingPathComponent(
      "\(stage.rawValue).safetensors")
    try StagedFile.write(try FileBytes.read(file), to: weights(stage))
  }

  /// The weights to start from, if there are any: with their design, at a third of the rate.
  private func startingWeights<Design: StageDesign>(
    of request: inout StageTrainingRequest<Design>
  ) throws -> StageWeights<Design>? {
    guard let start else { return nil }
    func read(_ file: URL) throws -> StageWeights<Design> {
      request.start = Digest.sha256(try FileBytes.read(file))
      return try StageWeights<Design>(contentsOf: file)
    }
    let weights =
      try startingModel.map { try $0.withWeights(of: Design.kind, read) } ?? read(start)
    request.design = weights.design
    request.rate /= 3
    return weights
  }

  /// The model to start from; `nil` where it is a file of weights, or nothing.
  private var startingModel: StagedModelSource? {
    get throws {
      guard let start, Folder.isFolder(start) || start.pathExtension != "safetensors" else {
        return nil
      }
      return try StagedModelSource(start)
    }
  }

  /// Puts the localiser of the model to start from where the classifier looks for it.
  private func adoptLocaliser() throws {
    let file = weights(.localiser)
    guard !Folder.isFile(file), let model = try startingModel,
      let bytes = try model.bytes(StagedPredictor.localiserName)
    else { return }
    try Folder.create(folder)
    try StagedFile.write(bytes, to: file)
  }

  private func trainLocaliser(
    say: (String) -> Void, progress: @escaping ProgressHandler
  ) async throws -> String {
    guard let anatomy else {
      throw WorkflowError(
        .invalid,
        "the localiser learns from --anatomy: masks of calcium do not say where the heart is")
    }
    var request = request(.localiser, AnatomyCrops.design)
    let start = try startingWeights(of: &request)
    let training = StageTrainingRun<Localiser>(request, source: AnatomyCrops(anatomy)) {
      design, seed, device in
      guard let start else { return try Localiser(design, seed: seed, on: device) }
      return try Localiser(start, on: device)
    }
    let sentence = try await train(training, say: say, progress: progress)
    try publish(.localiser)
    return sentence
  }

  private func trainClassifier(
    say: (String) -> Void, progress: @escaping ProgressHandler
  ) async throws -> String {
    if dataset != nil { try adoptLocaliser() }
    guard Folder.isFile(weights(.localiser)) else {
      throw WorkflowError(
        .missing,
        "\(weights(.localiser).path): no such file; the classifier learns from what the localiser "
          + "says: train that first, without --stage, or copy one there")
    }
    var request = request(.classifier, CandidatePoolMaker.design)
    let start = try startingWeights(of: &request)
    var maker = CandidatePoolMaker(
      folder: request.folder.appendingPathComponent("pool"), localiser: weights(.localiser),
      sources: try sources, seed: seed, device: device)
    maker.part = part
    maker.isReader = process != nil
    let pool = try await maker.make(say: say, progress: progress) { StopSignal.isAsked }
    guard part == .all else {
      return
        "part \(part.number) of \(part.count) of the classifier's scans is done; when all are, the "
        + "same command without --parts and --part trains it"
    }
    let digest = try maker.digest
    let training = StageTrainingRun<CandidateClassifier>(
      request, source: PooledCandidates(digest: digest, pool: pool)
    ) { design, seed, device in
      guard let start else { return try CandidateClassifier(design, seed: seed, on: device) }
      return try CandidateClassifier(start, on: device)
    }
    let sentence = try await train(training, say: say, progress: progress)
    try publish(.classifier)
    return sentence
  }

  /// The scans that the classifier learns from.
  private var sources: [any PoolSource] {
    get throws {
      var sources: [any PoolSource] = []
      if let anatomy { sources.append(SyntheticScans(anatomy: anatomy, count: scans, seed: seed)) }
      if let dataset { sources.append(try AnnotatedScans(dataset)) }
      if !healthy.isEmpty {
        sources.append(
          HealthyScans(scans: try healthy.flatMap { try ScanSearch($0).scans }, seed: seed))
      }
      return sources
    }
  }
}
