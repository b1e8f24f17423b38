// SPDX-License-Identifier: Apache-2.0
import ClassicNetworks
import Files
import Foundation
import Learning
import NNUNet
import Studies
import Text
import Torch
package import Workflow

/// What a run of `cac train --network` is asked for.
package struct MethodRequest: Sendable {
  /// The word of the network.
  package var network: String
  /// The name of the plans.
  package var plans = Plans.defaultName
  /// The epochs of each network; by default those of the publication.
  package var epochs: Int?
  /// The minibatches of an epoch; by default those of the publication.
  package var iterations: Int?
  /// The samples of a minibatch; by default those of the publication.
  package var batchSize: Int?
  /// The features of the first convolution; by default those of the publication.
  package var features: Int?
  /// The seed of weights, samples and dropout.
  package var seed: UInt64 = 1
  /// The device as a user names it.
  package var device = "auto"
  /// Whether the training is resumed from its last checkpoint.
  package var resume = false
  /// What is done about the validation cases.
  package var validation = TrainingRequest.Validation.after

  /// A request for a network.
  package init(network: String) { self.network = network }
}

/// Trains and validates a network beside nnU-Net in one fold, in nnU-Net's folders.
package struct MethodTrainingRun: Sendable {
  /// The seconds after which the latest checkpoint is written, besides after each epoch.
  private static let saveInterval = 600.0

  /// The words of the networks that can be trained.
  package static var networks: [String] { NetworkMethods.words }

  private let setup: MethodSetup
  private let request: MethodRequest

  /// A run of one fold, whose data set must be planned already.
  package init(
    dataset: String, configuration: String, fold: Fold, roots: Roots, request: MethodRequest
  ) throws {
    setup = try MethodSetup(
      request.network, dataset: dataset, configuration: configuration, fold: fold,
      plans: request.plans, roots: roots)
    self.request = request
  }

  /// Trains and validates; returns a sentence about the result.
  ///
  /// - Parameters:
  ///   - say: gets notes for the user.
  ///   - progress: gets the state after each step.
  /// - Throws: `WorkflowError` with the way to go on where the user stopped the run.
  package func run(
    say: (String) -> Void = { _ in }, progress: ProgressHandler
  ) async throws -> String {
    let device = try Device.available(named: request.device)
    let folder = setup.folder
    if request.validation == .only, !Folder.isFolder(folder.folder) {
      throw WorkflowError(
        .missing, "\(folder.folder.path): nothing was trained here; run: \(setup.command(""))")
    }
    let lock = try FoldLock(folder.folder)
    defer { withExtendedLifetime(lock) {} }
    StopSignal.listen()
    let checkpoint =
      request.resume && request.validation != .only ? try lastCheckpoint() : nil
    let scans = try MethodScans(
      setup, seed: checkpoint?.state.options.seed ?? request.seed, device: request.device,
      learns: request.validation != .only)
    var sentences: [String] = []
    if request.validation != .only {
      if !setup.classes.missing.isEmpty {
        say(
          "the data set does not label \(setup.classes.missing.joined(separator: ", ")); the heads "
            + "of \(setup.method.word) leave these out")
      }
      sentences.append(try train(scans, from: checkpoint, on: device, say: say, progress: progress))
    }
    if request.validation != .none {
      let dice = try MethodValidation(setup, device: device).run(scans, progress: progress)
      sentences.append("mean validation Dice \(dice.map { readable($0, 3) } ?? "–")")
    }
    return sentences.joined(separator: "; ") + "; \(folder.folder.path)"
  }

  private func train(
    _ scans: MethodScans, from checkpoint: MethodCheckpoint?, on device: Device,
    say: (String) -> Void, progress: ProgressHandler
  ) throws -> String {
    let folder = setup.folder
    let trainer = try trainer(from: checkpoint, on: device)
    if !request.resume, let earlier = try folder.setAsideEarlier() {
      say("files of an earlier training were moved to \(earlier.path)")
    }
    try setup.writeModelFiles(
      parameters: trainer.method.parts.flatMap(\.parameters).reduce(0) { $0 + $1.tensor.count })
    let started = ContinuousClock.now
    func clock() -> Double { (ContinuousClock.now - started) / .seconds(1) }
    var lastSave = clock()
    func save() throws {
      try MethodCheckpoint.write(trainer, to: folder.checkpoint("latest"))
      lastSave = clock()
    }
    let isDone = try trainer.run(
      training: scans.training, validation: scans.validation, clock: clock,
      shouldStop: { StopSignal.isAsked },
      onPrepare: { done, all in
        progress(WorkProgress("prepare", done: done, of: all))
      },
      onStep: { loss in
        let steps = trainer.steps
        progress(
          WorkProgress(
            "train", done: steps.done, of: steps.all, detail: "loss \(readable(loss, 4))"))
        if clock() - lastSave > Self.saveInterval { try save() }
      },
      onEpoch: { _ in
        try save()
        try folder.writeLog(trainer.state.log)
      })
    try writeRecord()
    let steps = trainer.steps
    guard isDone else {
      try save()
      throw WorkflowError(
        .stopped,
        "stopped after step \(steps.done) of \(steps.all); all of it is kept, go on with: "
          + setup.command("--continue"))
    }
    try MethodCheckpoint.write(trainer, to: folder.checkpoint("final"))
    try? FileManager.default.removeItem(at: folder.checkpoint("latest"))
    return "\(counted(trainer.state.log.count, "epoch")) of "
      + "\(counted(trainer.method.parts.count, "network")) in \(readable(clock() / 60)) min"
  }

  /// The training at its start, or where an earlier one stopped.
  private func trainer(
    from checkpoint: MethodCheckpoint?, on device: Device
  ) throws -> MethodTrainer {
    if let checkpoint { return try checkpoint.trainer(checkpoint.method(on: device)) }
    let options = MethodOptions(
      epochs: request.epochs, iterations: request.iterations, batchSize: request.batchSize,
      seed: request.seed, features: request.features)
    let method = try setup.method.init(setup.classes, options: options, on: device)
    return try MethodTrainer(
      method,
      state: MethodState(network: setup.method.word, classes: setup.classes, options: options))
  }

  /// The checkpoint to go on from, whose options hold for the rest of the training.
  private func lastCheckpoint() throws -> MethodCheckpoint {
    let files = ["final", "latest"].map(setup.folder.checkpoint)
    guard let file = files.first(where: Folder.isFile) else {
      throw WorkflowError(
        .missing,
        "\(setup.folder.folder.path): no checkpoint to go on from; leave --continue out")
    }
    let checkpoint = try MethodCheckpoint(contentsOf: file)
    guard checkpoint.state.classes == setup.classes else {
      throw WorkflowError(
        .invalid, "\(file.path): tells other classes apart than the data set has; train anew")
    }
    let options = checkpoint.state.options
    for (name, asked, own) in [
      ("epochs", request.epochs, options.epochs),
      ("iterations", request.iterations, options.iterations),
      ("batch-size", request.batchSize, options.batchSize),
      ("features", request.features, options.features),
    ] {
      guard let asked, asked != own else { continue }
      throw WorkflowError(
        .invalid,
        "\(file.path): was not begun with --\(name) \(asked); leave it out, or train anew without "
          + "--continue")
    }
    return checkpoint
  }

  /// Writes the command that trained the fold, after the commands that it was resumed from.
  private func writeRecord() throws {
    let file = RunRecord.training(in: setup.modelFolder, fold: "\(setup.fold)")
    let earlier = RunRecord.read(beside: file)
    try RunRecord(command: "train", earlier: request.resume ? [earlier].compactMap(\.self) : [])
      .write(beside: file)
  }
}
