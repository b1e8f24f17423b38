// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
package import Learning
import NNUNet
import Torch

/// Trains one fold: finds its cases, goes on where it stopped, keeps checkpoints and figures.
package struct TrainingRun: Sendable {
  /// What a run can be told.
  package struct Options: Sendable {
    package var epochs: Int
    package var minutes: Double?
    package var iterations: Int
    package var validationIterations: Int
    package var batchSize: Int?
    package var foregroundShare: Double
    package var diceSmoothing: Double
    package var foregroundWeight: Double
    package var optimizer: OptimizerChoice
    package var learningRate: Double?
    package var mirroring: Bool
    package var device: String
    package var seed: UInt64
    package var resume: Bool

    package init(
      epochs: Int = 200, minutes: Double? = nil, iterations: Int = 250,
      validationIterations: Int = 50, batchSize: Int? = nil, foregroundShare: Double = 0.33,
      diceSmoothing: Double = 1e-5, foregroundWeight: Double = 1, optimizer: OptimizerChoice = .sgd,
      learningRate: Double? = nil, mirroring: Bool = true, device: String = "auto",
      seed: UInt64 = 1, resume: Bool = false
    ) {
      self.epochs = epochs
      self.minutes = minutes
      self.iterations = iterations
      self.validationIterations = validationIterations
      self.batchSize = batchSize
      self.foregroundShare = foregroundShare
      self.diceSmoothing = diceSmoothing
      self.foregroundWeight = foregroundWeight
      self.optimizer = optimizer
      self.learningRate = learningRate
      self.mirroring = mirroring
      self.device = device
      self.seed = seed
      self.resume = resume
    }
  }

  private let place: Dataset
  private let plans: Plans
  private let configurationName: String
  private let configuration: Configuration
  private let description: DatasetDescription
  private let fold: Fold
  private let options: Options

  package init(
    dataset: String, configuration: String, fold: Fold, roots: Roots, options: Options
  ) throws {
    place = try Dataset(dataset, roots: roots)
    plans = try place.plans()
    configurationName = configuration
    self.configuration = try plans.configuration(configuration)
    guard self.configuration.dimensions == 2 else {
      throw WorkflowError("\(configuration): only the 2d configuration can be trained so far")
    }
    description = try DatasetDescription.read(from: place.preprocessed("dataset.json"))
    self.fold = fold
    self.options = options
  }

  /// The model folder.
  package var modelFolder: URL {
    place.modelFolder(plans: plans.plansName, configuration: configurationName)
  }

  /// Trains; returns a sentence about the result.
  package func run(progress: @escaping ProgressHandler) async throws -> String {
    let device = try options.device.device()
    let cases = try openCases()
    let folder = modelFolder.appendingPathComponent("fold_\(fold)")
    let log = TrainingFolder(folder)
    let trainer = try trainer(cases, log: log, device: device)
    try prepare(folder)
    let last = trainer.state.options
    var epochStart = Self.seconds()
    try trainer.run(clock: Self.seconds) { step, steps, loss in
      let epoch = trainer.state.epoch
      let detail =
        "epoch \(epoch + 1), step \(step)/\(steps), loss \(decimal(loss, 3))"
        + (trainer.state.log.last?.smoothedDice.map { ", pseudo-Dice \(decimal($0, 3))" } ?? "")
      if let budget = last.seconds {
        let elapsed = trainer.state.elapsed + Self.seconds() - epochStart
        progress(
          WorkProgress(
            "train (seconds)", done: min(Int(elapsed), Int(budget)), of: Int(budget),
            detail: detail))
      } else {
        progress(
          WorkProgress(
            "train", done: epoch * steps + step, of: last.epochs * steps, detail: detail))
      }
    } onEpoch: { trainer, record, isBest in
      try log.add(record, trainer: trainer, isBest: isBest)
      epochStart = Self.seconds()
    }
    try log.finish(trainer)
    let best = trainer.state.bestDice.map { decimal($0, 3) } ?? "–"
    return "\(trainer.state.epoch) epochs in \(decimal(trainer.state.elapsed / 60)) min, "
      + "best pseudo-Dice \(best); \(folder.path)"
  }

  private static func seconds() -> Double {
    let now = ContinuousClock.now - ContinuousClock.Instant.reference
    return Double(now.components.seconds) + Double(now.components.attoseconds) * 1e-18
  }

  private func openCases() throws -> (training: [StoredCase], validation: [StoredCase]) {
    let folder = CaseFolder(place.preprocessed(configuration.dataIdentifier))
    let names = Folder.isFolder(folder.url) ? try folder.names() : []
    guard !names.isEmpty else {
      throw WorkflowError(
        "\(folder.url.path): no preprocessed cases; run: "
          + "cac preprocess \(place.name) -c \(configurationName)")
    }
    let split = try split(names)
    return (try split.train.map(folder.open), try split.val.map(folder.open))
  }

  private func split(_ names: [String]) throws -> Split {
    guard case .number(let index) = fold else { return Splits.all(identifiers: names) }
    let file = place.preprocessed("splits_final.json")
    if !Folder.isFile(file) { try Splits(identifiers: names).write(to: file) }
    return try Splits.read(from: file).fold(index, identifiers: names)
  }

  private func trainer(
    _ cases: (training: [StoredCase], validation: [StoredCase]), log: TrainingFolder, device: Device
  ) throws -> Trainer {
    let network = try Model.network(
      configuration, dataset: description, seed: options.seed, on: device)
    let last = options.resume ? try log.lastCheckpoint() : nil
    if options.resume, last == nil {
      throw WorkflowError(
        "\(modelFolder.path)/fold_\(fold): no checkpoint to go on from; leave --continue out")
    }
    let checkpoint = last?.checkpoint
    do {
      if let checkpoint { try network.load(checkpoint.weights) }
    } catch let error as LearningError {
      throw WorkflowError(
        "\(last?.url.path ?? ""): does not fit the plan: \(error.description)")
    }
    var training =
      checkpoint?.state.options
      ?? TrainingOptions(batchSize: options.batchSize ?? configuration.batchSize)
    training.epochs = options.epochs
    training.seconds = options.minutes.map { $0 * 60 }
    if checkpoint == nil {
      training.iterations = options.iterations
      training.validationIterations = options.validationIterations
      training.foregroundShare = options.foregroundShare
      training.diceSmoothing = options.diceSmoothing
      training.foregroundWeight = options.foregroundWeight
      training.optimizer = options.optimizer
      training.initialRate = options.learningRate ?? options.optimizer.usualRate
      training.mirrors = options.mirroring
      training.seed = options.seed
    }
    var state = checkpoint?.state ?? TrainingState(options: training)
    state.options = training
    return try Trainer(
      network: network, configuration: configuration, training: cases.training,
      validation: cases.validation, state: state,
      memory: checkpoint.map { $0.memory(for: network.parameters) }, device: device)
  }

  /// Copies what a model needs beside its folds.
  private func prepare(_ folder: URL) throws {
    try Folder.create(folder)
    try plans.write(to: modelFolder.appendingPathComponent("plans.json"))
    try description.write(to: modelFolder.appendingPathComponent("dataset.json"))
    let fingerprint = place.preprocessed("dataset_fingerprint.json")
    if Folder.isFile(fingerprint) {
      try Fingerprint.read(from: fingerprint)
        .write(to: modelFolder.appendingPathComponent("dataset_fingerprint.json"))
    }
  }
}

extension ContinuousClock.Instant {
  /// A fixed point to measure from.
  fileprivate static let reference = ContinuousClock.now
}

extension String {
  /// The device that a word of the command line names; "auto" takes CUDA where there is some.
  func device() throws -> Device {
    // A libtorch without CUDA cannot count its devices; "auto" then means the CPU.
    if self == "auto" { return (try? Device.cudaCount()) ?? 0 > 0 ? .cuda(0) : .cpu }
    let device = try Device(name: self)
    try device.requireAvailable()
    return device
  }
}
