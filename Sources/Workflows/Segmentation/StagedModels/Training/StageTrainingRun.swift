// SPDX-License-Identifier: Apache-2.0
import Files
import Foundation
package import Stages
import Text
package import Torch
package import Workflow

/// Trains a stage: locks the folder, goes on from its checkpoint, writes what is learned.
package struct StageTrainingRun<Stage: TrainableStage> {
  /// Makes the network that a training begins with, by its design and a seed.
  package typealias Maker = (Stage.Design, _ seed: UInt64, Device) throws -> Stage

  private let request: StageTrainingRequest<Stage.Design>
  private let source: any SampleSource<Stage.Sample>
  private let make: Maker

  /// A training on samples of a source.
  package init(
    _ request: StageTrainingRequest<Stage.Design>, source: some SampleSource<Stage.Sample>,
    make: @escaping Maker
  ) {
    self.request = request
    self.source = source
    self.make = make
  }

  /// Trains to the end, or for as long as there is time; returns a sentence about the result.
  ///
  /// - Parameters:
  ///   - say: gets notes for the user.
  ///   - progress: gets the state after each step.
  ///   - shouldStop: asked after each step; by default whether the process was asked to end.
  /// - Throws: `WorkflowError` with the code `stopped`, and the way to go on, where it was stopped.
  package func run(
    say: (String) -> Void = { _ in }, progress: @escaping ProgressHandler = { _ in },
    shouldStop: (() -> Bool)? = nil
  ) throws -> String {
    if let process = request.process {
      return try runPart(process, progress: progress, shouldStop: shouldStop)
    }
    let start = ContinuousClock.now
    let device = try Device.available(named: request.device)
    if case .cuda = device { try TorchRuntime.setCuDNNBenchmark(true) }
    let folder = StageTrainingFolder<Stage>(url: request.folder)
    do {
      try folder.requireOwn()
      let lock = try FoldLock(folder.url, of: "the stage in this folder")
      defer { withExtendedLifetime(lock) {} }
      if shouldStop == nil { StopSignal.listen() }
      let identity = self.identity
      try folder.begin(identity, origin: source.origin)
      if try folder.isFinished(identity) {
        return done(folder)
      }
      let session = Session<Stage>(
        request: request, folder: folder, start: start, progress: progress,
        shouldStop: shouldStop ?? { StopSignal.isAsked })
      return try session.run(
        trainer(on: device, source.samples(seed: request.seed, say: say)), say: say)
    } catch {
      throw explained(error, folder)
    }
  }

  /// Trains with several processes, each of which takes a part of each step's samples.
  ///
  /// - Throws: `WorkflowError` where there are more processes than samples or graphics cards, or one of
  ///   them failed.
  package func runTogether(say: (String) -> Void = { _ in }) async throws -> String {
    guard let launch = request.launch else { return try run(say: say) }
    let processes = TrainingProcesses(
      command: launch, count: request.processes, device: request.device)
    try processes.check(batchSize: request.batchSize, option: "--batch")
    let folder = StageTrainingFolder<Stage>(url: request.folder)
    try folder.requireOwn()
    let lock = try FoldLock(folder.url, of: "the stage in this folder")
    defer { withExtendedLifetime(lock) {} }
    let identity = self.identity
    try folder.begin(identity, origin: source.origin)
    if try folder.isFinished(identity) { return done(folder) }
    return try await processes.run()
  }

  /// Trains as one of several processes; the process that started them has locked the folder.
  private func runPart(
    _ process: TrainingProcess, progress: @escaping ProgressHandler, shouldStop: (() -> Bool)?
  ) throws -> String {
    let folder = StageTrainingFolder<Stage>(url: request.folder)
    do {
      let device = try TrainingProcesses.device(request.device, rank: process.rank)
      if case .cuda = device { try TorchRuntime.setCuDNNBenchmark(true) }
      // Only the first process talks to the user, and writes.
      let silent: ProgressHandler = { _ in }
      let session = Session<Stage>(
        request: request, folder: folder, start: .now,
        progress: process.rank == 0 ? progress : silent,
        shouldStop: shouldStop ?? { StopSignal.isAsked || process.isOrphan },
        process: process)
      let samples = try source.samples(seed: request.seed) { _ in }
      let sentence = try session.run(
        trainer(on: device, samples, group: process.join())
      ) { _ in }
      process.leave(.result, sentence)
      return sentence
    } catch  where TrainingProcess.isPeerFailure(error) {
      process.leave(
        .peerFailure,
        "\(folder.url.path): one of the \(process.count) processes did not answer the others; the "
          + "same command goes on from what is kept")
      throw error
    } catch {
      let explained = explained(error, folder)
      process.leave(.failure, "\(explained)")
      throw explained
    }
  }

  private var identity: StageTrainingIdentity<Stage.Design> {
    StageTrainingIdentity(
      design: request.design, options: request.options, anatomy: source.digest,
      start: request.start)
  }

  private func done(_ folder: StageTrainingFolder<Stage>) -> String {
    "all \(counted(request.steps, "step")) were done before; \(folder.weights.path)"
  }

  private func trainer(
    on device: Device, _ samples: @escaping @Sendable (Int) throws -> Stage.Sample,
    group: ProcessGroup? = nil
  ) throws -> StageTrainer<Stage> {
    try StageTrainer(
      make(request.design, request.seed, device), options: request.options, width: request.jobs,
      ahead: 2 * max(request.jobs, request.batchSize), group: group, sample: samples)
  }

  /// The error with a remedy, where the run knows more than the place that threw it.
  private func explained(_ error: any Error, _ folder: StageTrainingFolder<Stage>) -> any Error {
    let advice =
      Folder.isFile(folder.checkpoint) ? "; the same command then goes on from what is kept" : ""
    switch error {
    case let error as FileError where error.code == .full:
      return WorkflowError(.notEnoughSpace, "\(error)\(advice)")
    case let error as TorchError where error.code == .memory:
      return WorkflowError(
        .notEnoughMemory,
        "out of memory with steps of \(counted(request.batchSize, "sample")): free some"
          + (request.batchSize > 1 ? ", or begin in another folder with a lower --batch" : "")
          + advice)
    case let error as StagesError where error.code == .diverged:
      return WorkflowError(
        .invalid, "\(folder.url.path): \(error); begin in another folder with another --seed")
    default: return error
    }
  }
}

/// The steps of one run.
private struct Session<Stage: TrainableStage> {
  let request: StageTrainingRequest<Stage.Design>
  let folder: StageTrainingFolder<Stage>
  let start: ContinuousClock.Instant
  let progress: ProgressHandler
  let shouldStop: () -> Bool
  /// Which of several processes this one is; `nil` for one alone.
  var process: TrainingProcess?

  /// Whether this process writes the training's files.
  private var isWriter: Bool { process?.rank ?? 0 == 0 }

  func run(_ trainer: StageTrainer<Stage>, say: (String) -> Void) throws -> String {
    let isResumed = Folder.isFile(folder.checkpoint)
    if isResumed {
      try resume(trainer)
      say("going on after \(trainer.step) of \(counted(request.steps, "step"))")
    }
    var log = try folder.log(interval: request.logInterval, step: trainer.step)
    var last = ContinuousClock.now
    report(trainer)
    if !shouldStop() {
      do {
        try trainer.run(
          until: { _ in shouldStop() || isTimeUp },
          onStep: { step, _ in
            let now = ContinuousClock.now
            log.add((now - last) / .seconds(1), step: step)
            last = now
            // What is due at the end is written there, in another order.
            guard step < request.steps, isWriter else { return }
            if step % request.logInterval == 0 { try folder.write(log, of: trainer) }
            if step % request.saveInterval == 0 { try folder.keep(trainer, log) }
            report(trainer)
          })
      } catch  where TrainingProcess.isPeerFailure(error) && process?.isOrphan == false {
        // The other process was lost within a step: the last whole one is kept.
        if isWriter { try folder.keep(trainer, log) }
        throw error
      }
    }
    // The lock went with the process that started this one.
    let lock =
      isWriter && process?.isOrphan == true
      ? try FoldLock(folder.url, of: "the stage in this folder") : nil
    defer { withExtendedLifetime(lock) {} }
    if isWriter { try folder.keep(trainer, log) }
    let isDone = trainer.step == request.steps
    let done = "\(trainer.step) of \(counted(request.steps, "step"))"
    if !isDone, shouldStop() {
      if isWriter {
        try folder.write(log, of: trainer)
        try writeRecord("stopped after \(done)", isResumed: isResumed)
      }
      throw WorkflowError(
        .stopped,
        "\(folder.url.path): stopped after \(done); all of it is kept, the same command goes on")
    }
    guard isWriter else { return done }
    try trainer.weights.write(to: folder.weights, as: .float16)
    try writeRecord("the weights are those after \(done)", isResumed: isResumed)
    try folder.write(log, of: trainer)
    report(trainer, isOver: true)
    let loss = trainer.history.mean(last: request.logInterval).first.map { readable($0.value, 3) }
    let minutes = readable((ContinuousClock.now - start) / .seconds(60))
    return "\(isDone ? counted(request.steps, "step") : done) in \(minutes) min, loss "
      + (loss ?? "–") + (isDone ? "" : ", the same command goes on") + "; \(folder.weights.path)"
  }

  private func resume(_ trainer: StageTrainer<Stage>) throws {
    do {
      try trainer.restore(from: folder.checkpoint)
    } catch  where error is StagesError || error is TorchError {
      throw WorkflowError(.invalid, "\(error); name another folder to start anew")
    }
  }

  private var isTimeUp: Bool {
    request.seconds.map { (ContinuousClock.now - start) / .seconds(1) >= $0 } ?? false
  }

  /// Writes the command that trained the stage, after the commands that it was resumed from.
  private func writeRecord(_ remark: String, isResumed: Bool) throws {
    let earlier = isResumed ? RunRecord.read(beside: folder.record) : nil
    try RunRecord(
      command: "train-stages", remarks: [remark], earlier: [earlier].compactMap(\.self)
    ).write(beside: folder.record)
  }

  /// Reports the steps that are done, or the time of a run that has only so much.
  private func report(_ trainer: StageTrainer<Stage>, isOver: Bool = false) {
    let loss = trainer.history.mean(last: request.logInterval).first
    let detail = loss.map { "loss \(readable($0.value, 3))" } ?? ""
    guard let budget = request.seconds else {
      progress(WorkProgress("train", done: trainer.step, of: request.steps, detail: detail))
      return
    }
    let total = max(1, Int(budget))
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    progress(
      WorkProgress(
        "train (seconds)", done: isOver ? total : min(total - 1, Int(min(elapsed, budget))),
        of: total,
        detail: "step \(trainer.step)/\(request.steps)" + (detail.isEmpty ? "" : ", \(detail)")))
  }
}
