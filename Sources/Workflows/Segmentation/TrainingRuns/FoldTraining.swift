// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
import Learning
import NNUNet
import Text
import Torch
import Workflow

/// Begins or resumes the training of one fold, and writes its checkpoints, figures and records.
struct FoldTraining {
  /// The seconds after which the latest checkpoint is written, besides every 50 epochs as in nnU-Net.
  private static let saveInterval = 600.0

  private let setup: FoldSetup
  private let device: Device
  private let say: (String) -> Void
  private let progress: ProgressHandler
  private let folder: TrainingFolder
  private var request: TrainingRequest { setup.request }

  /// A training on a device.
  ///
  /// - Parameters:
  ///   - say: gets notes for the user.
  ///   - progress: gets the state after each step.
  init(
    _ setup: FoldSetup, device: Device, say: @escaping (String) -> Void,
    progress: @escaping ProgressHandler
  ) {
    self.setup = setup
    self.device = device
    self.say = say
    self.progress = progress
    folder = setup.folder
  }

  /// Trains to the end; returns a sentence about the result.
  ///
  /// - Throws: `WorkflowError` with the way to resume where the user stopped the training.
  func run(_ cases: TrainingCases) throws -> String {
    let process = request.process
    let trainer = try trainer(cases, group: process?.join())
    guard process?.rank ?? 0 == 0 else { return try trainAsWorker(trainer) }
    try writeModelFiles()
    let options = trainer.state.options
    let events =
      request.tensorBoard
      ? try TensorBoardFile(
        in: folder.folder.appendingPathComponent("tensorboard"), from: trainer.state.epoch) : nil
    var lastSave = Self.seconds()
    var epochStart = lastSave
    var isFresh = !request.resume
    // Files of an earlier training are moved only when there is something to write.
    func setAsideEarlierTraining() throws {
      guard isFresh else { return }
      isFresh = false
      guard let earlier = try folder.setAsideEarlier() else { return }
      say("files of an earlier training were moved to \(earlier.path)")
    }
    let end = try savingOnPeerFailure(trainer, before: setAsideEarlierTraining) {
      try trainer.run(
        clock: Self.seconds, shouldStop: { StopSignal.isAsked || process?.isOrphan ?? false },
        onStep: { step, steps, loss in
          progress(
            Self.progress(
              trainer.state, step: step, loss: loss, inEpoch: Self.seconds() - epochStart))
          if Self.seconds() - lastSave > Self.saveInterval {
            try setAsideEarlierTraining()
            try folder.keepLatest(trainer)
            lastSave = Self.seconds()
          }
        },
        onEpoch: { trainer, record, isBest in
          try setAsideEarlierTraining()
          // Curves go before the checkpoint: an epoch that a checkpoint contains is never repeated, so
          // a training that is killed between the two would lose it; what is written too early is dropped.
          try events?.add(record)
          let isDue = Self.seconds() - lastSave > Self.saveInterval
          if try folder.add(record, trainer: trainer, isBest: isBest, isDue: isDue) {
            lastSave = Self.seconds()
          }
          epochStart = Self.seconds()
        })
    }
    // A process whose parent, which held the lock, has ended may write only if no other run has it.
    let lock = try end == .stopped && process?.isOrphan == true ? FoldLock(folder.folder) : nil
    defer { withExtendedLifetime(lock) {} }
    try setAsideEarlierTraining()
    try writeRecord()
    if end == .stopped {
      try folder.keepLatest(trainer)
      throw WorkflowError(
        .stopped,
        "stopped in epoch \(trainer.state.epoch + 1) after step "
          + "\(trainer.state.partial?.steps ?? 0) of \(options.iterations); all of it is kept, go "
          + "on with: \(setup.command("--continue"))")
    }
    try folder.finish(trainer)
    if request.writesPyTorch {
      try NNUNetExport(Model(folder: setup.modelFolder)).write(
        fold: "\(setup.fold)",
        to: folder.folder.appendingPathComponent("checkpoint_final.pth"))
    }
    return Self.summary(trainer.state, end)
  }

  private static func summary(_ state: TrainingState, _ end: Trainer.End) -> String {
    let best = state.bestDice.map { readable($0, 3) } ?? "–"
    var sentence = "\(counted(state.epoch, "epoch")) in \(readable(state.elapsed / 60)) min"
    if case .patience(let epochs) = end { sentence += " (\(epochs) without a new best)" }
    return sentence + ", best pseudo-Dice \(best)"
  }

  /// Trains along with process 0, which alone writes files.
  private func trainAsWorker(_ trainer: Trainer) throws -> String {
    let process = request.process
    let end = try trainer.run(
      clock: Self.seconds, shouldStop: { StopSignal.isAsked || process?.isOrphan ?? false },
      onStep: { _, _, _ in }, onEpoch: { _, _, _ in })
    return "\(end)"
  }

  /// Writes the state of the last whole step where another process is lost in the next one.
  private func savingOnPeerFailure<Value>(
    _ trainer: Trainer, before: () throws -> Void, _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch  where TrainingProcess.isPeerFailure(error) && request.process?.isOrphan == false {
      try before()
      try folder.keepLatest(trainer)
      throw error
    }
  }

  /// Writes the command that trained the fold, after the commands that it was resumed from.
  private func writeRecord() throws {
    let file = RunRecord.training(in: setup.modelFolder, fold: "\(setup.fold)")
    let earlier = RunRecord.read(beside: file)
    try RunRecord(command: "train", earlier: request.resume ? [earlier].compactMap(\.self) : [])
      .write(beside: file)
  }

  /// Writes the files that a model has beside its folds.
  private func writeModelFiles() throws {
    func file(_ name: String) -> URL { setup.modelFolder.appendingPathComponent(name) }
    try setup.plans.write(to: file(Plans.fileName))
    try setup.description.write(to: file(DatasetDescription.fileName))
    let fingerprint = setup.dataset.preprocessed(Fingerprint.fileName)
    if Folder.isFile(fingerprint) {
      try Fingerprint.read(from: fingerprint).write(to: file(Fingerprint.fileName))
    }
  }

  /// The trainer at the start of a training, or where an earlier one stopped.
  private func trainer(_ cases: TrainingCases, group: ProcessGroup?) throws -> Trainer {
    let (configuration, labels) = (setup.configuration, setup.description.labels)
    let network = try setup.network(on: device)
    let resumed = try request.resume ? folder.lastCheckpoint().map(ResumedTraining.init) : nil
    if request.resume, resumed == nil {
      throw WorkflowError(
        .missing,
        "\(folder.folder.path): no checkpoint to go on from; leave --continue out")
    }
    if let resumed {
      do {
        try network.load(resumed.stored.weights)
      } catch let error as LearningError {
        throw WorkflowError(
          .invalid, "\(resumed.url.path): does not fit the plan: \(error.description)")
      }
    } else if let file = request.pretrained {
      try begin(network, with: file)
    }
    let requested = request.options(batchSize: configuration.batchSize)
    var state =
      try resumed?.state(requested, dimensions: configuration.dimensions)
      ?? TrainingState(options: requested)
    if resumed == nil, request.keepsSides {
      state.options.sideAxis = try cases.sideAxis(
        plans: setup.plans, dimensions: configuration.dimensions)
    }
    state.options.epochs = request.epochs ?? state.options.epochs
    state.options.seconds = requested.seconds ?? state.options.seconds
    state.options.patience = requested.patience ?? state.options.patience
    let optimizerState = resumed?.stored.optimizerState(for: network.parameters)
    if let note = resumed?.note(state.options, hasOptimizerState: optimizerState != nil) {
      say(note)
    }
    do {
      return try Trainer(
        network: network, configuration: configuration, labels: labels, training: cases.training,
        validation: cases.validation, state: state, optimizerState: optimizerState,
        device: device, group: group)
    } catch let error as LearningError where error.code == .state {
      throw WorkflowError(
        .invalid, "\(resumed?.url.path ?? folder.folder.path): \(error.description)")
    }
  }

  /// Gives a network the weights of the checkpoint of `--pretrained`.
  private func begin(_ network: any SegmentationNetwork, with file: URL) throws {
    guard Folder.isFile(file) else {
      throw WorkflowError(.missing, "\(file.path): no such file; --pretrained wants a checkpoint")
    }
    let stored = try StoredFold(contentsOf: file)
    do {
      try network.loadPretrained(
        stored.weights, withHeads: request.pretrainedHeads,
        sharesOneLabel: !setup.description.labels.hasRegions)
    } catch let error as LearningError {
      throw WorkflowError(
        .invalid,
        "\(file.path): its weights do not fit this configuration: \(error.description); "
          + "pretrain with the same plans")
    }
  }

  private static func progress(
    _ state: TrainingState, step: Int, loss: Double, inEpoch seconds: Double
  ) -> WorkProgress {
    let options = state.options
    let detail =
      "epoch \(state.epoch + 1), step \(step)/\(options.iterations), loss \(readable(loss, 3))"
      + (state.log.last?.smoothedDice.map { ", pseudo-Dice \(readable($0, 3))" } ?? "")
    if let budget = options.seconds {
      return WorkProgress(
        "train (seconds)", done: min(Int(state.elapsed + seconds), Int(budget)), of: Int(budget),
        detail: detail)
    }
    return WorkProgress(
      "train", done: state.epoch * options.iterations + step,
      of: options.epochs * options.iterations, detail: detail)
  }

  /// Seconds from a fixed point of this process.
  private static func seconds() -> Double {
    let elapsed = ContinuousClock.now - reference
    return Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
  }

  private static let reference = ContinuousClock.now
}
