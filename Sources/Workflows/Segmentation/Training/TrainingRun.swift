// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Learning
import NNUNet
import Text
import Torch

/// Trains one fold: finds its cases, goes on where it stopped, keeps checkpoints and figures,
/// validates.
package struct TrainingRun: Sendable {
  /// The seconds after which the latest state is kept, besides nnU-Net's every 50 epochs.
  private static let saveInterval = 600.0

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
    plans = try place.plans(named: options.plans)
    configurationName = configuration
    self.configuration = try plans.configuration(configuration)
    description = try DatasetDescription.read(from: place.preprocessed("dataset.json"))
    self.fold = fold
    self.options = options
  }

  /// The model folder.
  package var modelFolder: URL {
    place.modelFolder(plans: plans.plansName, configuration: configurationName)
  }

  /// The command that does something more about this fold.
  private func command(_ flag: String) -> String {
    let plans = options.plans == "nnUNetPlans" ? "" : " --plans \(options.plans)"
    let processes = options.processes > 1 ? " --processes \(options.processes)" : ""
    return "cac train \(place.name) \(configurationName) \(fold)\(plans)\(processes) \(flag)"
  }

  /// Trains and validates; returns a sentence about the result.
  ///
  /// `say` is told beforehand what whoever waits should know.
  package func run(
    say: @escaping (String) -> Void = { _ in }, progress: @escaping ProgressHandler
  ) async throws -> String {
    if let process = options.process { return try runPart(process, say: say, progress: progress) }
    let parts = options.launch.flatMap { command in
      options.processes > 1 && options.validation != .only
        ? TrainingProcesses(
          command: command, count: options.processes, device: options.device) : nil
    }
    // Where it goes on, the checkpoint's batch size holds, which the processes read.
    try parts?.check(
      batchSize: options.resume ? nil : options.batchSize ?? configuration.batchSize)
    let device = try options.device.device()
    if case .cuda = device { try TorchRuntime.setCuDNNBenchmark(true) }
    let cases = try TrainingCases(
      place, plans: plans, configuration: configurationName, fold: fold)
    let log = TrainingFolder(modelFolder.appendingPathComponent("fold_\(fold)"))
    if options.validation == .only, !Folder.isFolder(log.folder) {
      throw WorkflowError("\(log.folder.path): nothing was trained here; run: \(command(""))")
    }
    let lock = try FoldLock(log.folder)
    defer { withExtendedLifetime(lock) {} }
    StopSignal.listen()
    do {
      var sentences: [String] = []
      if options.validation != .only {
        sentences.append(
          try await parts?.run()
            ?? train(cases, log: log, device: device, say: say, progress: progress))
      }
      if options.validation != .none {
        sentences.append(try validate(cases, log: log, device: device, progress: progress))
      }
      return sentences.joined(separator: "; ") + "; \(log.folder.path)"
    } catch {
      throw explained(error, log)
    }
  }

  // MARK: Training

  /// Trains as one of several processes; the one that started it has the right to the folder.
  private func runPart(
    _ process: TrainingProcess, say: @escaping (String) -> Void,
    progress: @escaping ProgressHandler
  ) throws -> String {
    StopSignal.listen(isPatient: true)
    let log = TrainingFolder(modelFolder.appendingPathComponent("fold_\(fold)"))
    do {
      let device = try TrainingProcesses.device(options.device, rank: process.rank)
      if case .cuda = device { try TorchRuntime.setCuDNNBenchmark(true) }
      let cases = try TrainingCases(
        place, plans: plans, configuration: configurationName, fold: fold)
      let sentence = try train(
        cases, log: log, device: device, say: process.rank == 0 ? say : { _ in },
        progress: process.rank == 0 ? progress : { _ in })
      process.leave(.result, sentence)
      return sentence
    } catch  where TrainingProcess.isLoss(error) {
      process.leave(
        .loss,
        "\(log.folder.path): one of the \(process.count) processes did not answer the others "
          + "(\(error))\(goOn(log))")
      throw error
    } catch {
      process.leave(.failure, "\(explained(error, log))")
      throw error
    }
  }

  private func train(
    _ cases: TrainingCases, log: TrainingFolder, device: Device, say: (String) -> Void,
    progress: ProgressHandler
  ) throws -> String {
    let part = options.process
    let trainer = try trainer(cases, log: log, device: device, group: part?.join(), say: say)
    guard part?.rank ?? 0 == 0 else { return try follow(trainer) }
    try prepare()
    let options = trainer.state.options
    let events =
      self.options.tensorBoard
      ? try TensorBoardFile(
        in: log.folder.appendingPathComponent("tensorboard"), from: trainer.state.epoch) : nil
    var lastSave = Self.seconds()
    var epochStart = lastSave
    var startsOver = !self.options.resume
    // Only now that there is something to keep does an earlier training make room for it.
    func makeRoom() throws {
      guard startsOver else { return }
      startsOver = false
      guard let place = try log.setAsideEarlier() else { return }
      say("what an earlier training left here is now in \(place.path)")
    }
    let end = try saving(trainer, to: log, before: makeRoom) {
      try trainer.run(
        clock: Self.seconds, shouldStop: { StopSignal.isAsked || part?.isOrphan ?? false },
        onStep: { step, steps, loss in
          progress(
            Self.progress(
              trainer.state, step: step, loss: loss, inEpoch: Self.seconds() - epochStart))
          if Self.seconds() - lastSave > Self.saveInterval {
            try makeRoom()
            try log.keepLatest(trainer)
            lastSave = Self.seconds()
          }
        },
        onEpoch: { trainer, record, isBest in
          try makeRoom()
          let isDue = Self.seconds() - lastSave > Self.saveInterval
          if try log.add(record, trainer: trainer, isBest: isBest, isDue: isDue) {
            lastSave = Self.seconds()
          }
          try events?.add(record)
          epochStart = Self.seconds()
        })
    }
    // Who has lost the process with the right to the folder may write only if nobody else has it.
    let lock = try end == .stopped && part?.isOrphan == true ? FoldLock(log.folder) : nil
    defer { withExtendedLifetime(lock) {} }
    try makeRoom()
    try keepRecord()
    if end == .stopped {
      try log.keepLatest(trainer)
      throw WorkflowError(
        "stopped in epoch \(trainer.state.epoch + 1) after step "
          + "\(trainer.state.partial?.steps ?? 0) of \(options.iterations); all of it is kept, go "
          + "on with: \(command("--continue"))")
    }
    try log.finish(trainer)
    if self.options.writesPyTorch {
      try NNUNetExport(Model(folder: modelFolder)).write(
        fold: "\(fold)", to: log.folder.appendingPathComponent("checkpoint_final.pth"))
    }
    let best = trainer.state.bestDice.map { decimal($0, 3) } ?? "–"
    var sentence = "\(trainer.state.epoch) epochs in \(decimal(trainer.state.elapsed / 60)) min"
    if case .patience(let epochs) = end { sentence += " (\(epochs) without a new best)" }
    return sentence + ", best pseudo-Dice \(best)"
  }

  /// Trains along with the process that writes.
  private func follow(_ trainer: Trainer) throws -> String {
    let parent = options.process
    let end = try trainer.run(
      clock: Self.seconds, shouldStop: { StopSignal.isAsked || parent?.isOrphan ?? false },
      onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    return "\(end)"
  }

  /// Keeps the state of the last whole step where another process is lost in the next one.
  private func saving<Value>(
    _ trainer: Trainer, to log: TrainingFolder, before: () throws -> Void,
    _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch  where TrainingProcess.isLoss(error) && options.process?.isOrphan == false {
      try before()
      try log.keepLatest(trainer)
      throw error
    }
  }

  /// Keeps the command that trained the fold, after those that it went on from.
  private func keepRecord() throws {
    let place = TrainingFolder.record(in: modelFolder, fold: "\(fold)")
    let before = RunRecord.read(beside: place)
    try RunRecord(command: "train", earlier: options.resume ? [before].compactMap(\.self) : [])
      .write(beside: place)
  }

  private static func progress(
    _ state: TrainingState, step: Int, loss: Double, inEpoch seconds: Double
  ) -> WorkProgress {
    let options = state.options
    let detail =
      "epoch \(state.epoch + 1), step \(step)/\(options.iterations), loss \(decimal(loss, 3))"
      + (state.log.last?.smoothedDice.map { ", pseudo-Dice \(decimal($0, 3))" } ?? "")
    if let budget = options.seconds {
      return WorkProgress(
        "train (seconds)", done: min(Int(state.elapsed + seconds), Int(budget)), of: Int(budget),
        detail: detail)
    }
    return WorkProgress(
      "train", done: state.epoch * options.iterations + step,
      of: options.epochs * options.iterations, detail: detail)
  }

  private static func seconds() -> Double {
    let now = ContinuousClock.now - ContinuousClock.Instant.reference
    return Double(now.components.seconds) + Double(now.components.attoseconds) * 1e-18
  }

  private func trainer(
    _ cases: TrainingCases, log: TrainingFolder, device: Device, group: ProcessGroup?,
    say: (String) -> Void
  ) throws -> Trainer {
    let network = try Model.network(
      configuration, dataset: description, seed: options.seed, on: device)
    let last = try options.resume ? log.lastCheckpoint().map(Resumption.init) : nil
    if options.resume, last == nil {
      throw WorkflowError(
        "\(log.folder.path): no checkpoint to go on from; leave --continue out")
    }
    if let last {
      do {
        try network.load(last.stored.weights)
      } catch let error as LearningError {
        throw WorkflowError("\(last.url.path): does not fit the plan: \(error.description)")
      }
    } else if let file = options.pretrained {
      try network.begin(
        with: file, heads: options.pretrainedHeads, spreads: !description.labels.hasRegions)
    }
    let told = options.training(batchSize: configuration.batchSize)
    var state =
      try last?.state(told, dimensions: configuration.dimensions) ?? TrainingState(options: told)
    if last == nil, options.keepsSides {
      state.options.sideAxis = try cases.sideAxis(
        plans: plans, dimensions: configuration.dimensions)
    }
    state.options.epochs = options.epochs ?? state.options.epochs
    state.options.seconds = options.minutes.map { $0 * 60 } ?? state.options.seconds
    state.options.patience = options.patience ?? state.options.patience
    let memory = last?.stored.memory(for: network.parameters)
    if let note = last?.note(state.options, hasMemory: memory != nil) { say(note) }
    do {
      return try Trainer(
        network: network, configuration: configuration, labels: description.labels,
        training: cases.training, validation: cases.validation, state: state, memory: memory,
        device: device, group: group)
    } catch let error as LearningError where error.code == .state {
      throw WorkflowError("\(last?.url.path ?? log.folder.path): \(error.description)")
    }
  }

  /// Copies what a model needs beside its folds.
  private func prepare() throws {
    try plans.write(to: modelFolder.appendingPathComponent("plans.json"))
    try description.write(to: modelFolder.appendingPathComponent("dataset.json"))
    let fingerprint = place.preprocessed("dataset_fingerprint.json")
    if Folder.isFile(fingerprint) {
      try Fingerprint.read(from: fingerprint)
        .write(to: modelFolder.appendingPathComponent("dataset_fingerprint.json"))
    }
  }

  // MARK: Validation

  private func validate(
    _ cases: TrainingCases, log: TrainingFolder, device: Device, progress: ProgressHandler
  ) throws -> String {
    let kind = options.validatesBest ? "best" : "final"
    let found = [log.checkpoint(kind), log.folder.appendingPathComponent("checkpoint_\(kind).pth")]
      .first(where: Folder.isFile)
    guard let file = found else {
      throw WorkflowError(
        "\(log.checkpoint(kind).path): no such checkpoint; finish the training with: "
          + command("--continue"))
    }
    let network = try Model.network(configuration, dataset: description, seed: 0, on: device)
    let stored = try StoredFold(contentsOf: file)
    do {
      try network.load(stored.weights)
    } catch let error as LearningError {
      throw WorkflowError("\(file.path): does not fit the plan: \(error.description)")
    }
    let validation = FoldValidation(
      place: place, plans: plans, configurationName: configurationName, description: description,
      fold: log.folder, keepsProbabilities: options.probabilities, device: device)
    let dice = try validation.run(
      network,
      mirroringAxes: stored.state.mirroringAxes(dimensions: configuration.dimensions),
      cases: cases.validation, shouldStop: { StopSignal.isAsked }, progress: progress)
    return "mean validation Dice \(dice.map { decimal($0, 3) } ?? "–")"
  }

  // MARK: What went wrong

  /// How what is kept goes on, where there is something.
  private func goOn(_ log: TrainingFolder) -> String {
    ["latest", "best", "final"].contains { Folder.isFile(log.checkpoint($0)) }
      ? "; what is kept goes on with: \(command("--continue"))" : ""
  }

  /// The error with what to do about it, where the run knows more than who threw it.
  private func explained(_ error: any Error, _ log: TrainingFolder) -> any Error {
    let goOn = goOn(log)
    switch error {
    case is CancellationError:
      return WorkflowError(
        "stopped in the validation; the weights are kept, validate with: "
          + command("--validate-only"))
    case let error as FileError where error.code == .full:
      return WorkflowError("\(error)\(goOn)")
    case let error as TorchError where Self.isOutOfMemory(error.description):
      let size = options.batchSize ?? configuration.batchSize
      return WorkflowError(
        "out of memory with batches of \(size) patches of \(configuration.patchSize): "
          + (size > 1 ? "lower --batch-size, or " : "")
          + "plan for less memory (cac plan \(place.name) --memory GB) and preprocess again\(goOn)")
    default: return error
    }
  }

  /// Whether libtorch's sentence is about memory: CUDA's, MPS's or the processor's.
  static func isOutOfMemory(_ sentence: String) -> Bool {
    ["out of memory", "allocate memory", "not enough memory", "bad_alloc"].contains {
      sentence.contains($0)
    }
  }
}

extension SegmentationNetwork {
  /// Takes over all of a checkpoint's weights, those of a 2D network into a 3D one of the same stages
  /// as well; the heads', whose classes may be others, on request only.
  func begin(with file: URL, heads: Bool, spreads: Bool) throws {
    guard Folder.isFile(file) else {
      throw WorkflowError("\(file.path): no such file; --pretrained wants a checkpoint")
    }
    let all = try StoredFold(contentsOf: file).weights
    var stored = all.filter { !ParameterName.isHead($0.key) }
    let trunk = parameters.filter { !ParameterName.isHead($0.name) }
    do {
      if let lacking = trunk.first(where: { stored[$0.name] == nil }) {
        throw LearningError(
          .state, subject: lacking.name, detail: "the checkpoint lacks this parameter")
      }
      if heads { stored.merge(try self.heads(of: all, spreads: spreads)) { $1 } }
      try load(inflated(stored), partial: true)
    } catch let error as LearningError {
      throw WorkflowError(
        "\(file.path): its weights do not fit this configuration: \(error.description); "
          + "pretrain with the same plans")
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
