// SPDX-License-Identifier: Apache-2.0
public import NNUNet
public import Torch

/// Trains one fold of a configuration as nnU-Net does (nnunetv2 2.8.1, nnUNetTrainer).
///
/// By default the loss is cross-entropy plus soft Dice with deep supervision; the optimiser is SGD
/// with Nesterov momentum, a polynomial schedule and gradients clipped to a norm of 12; patches get
/// nnU-Net's default augmentation; and CUDA computes in half precision. The trainer prints and
/// writes nothing: closures get records and state.
///
/// ```swift
/// let options = TrainingOptions(batchSize: configuration.batchSize)
/// let network = try Model.network(configuration, dataset: dataset, seed: options.seed, on: .cpu)
/// let trainer = try Trainer(
///   network: network, configuration: configuration, labels: dataset.labels,
///   training: PatchCases(training), validation: PatchCases(validation),
///   state: TrainingState(options: options), device: .cpu)
/// try trainer.run(clock: seconds, onStep: { _, _, _ in }) { trainer, record, isBest in
///   if isBest { try Checkpoint(of: trainer).write(to: file) }
/// }
/// ```
public final class Trainer {
  /// The reasons for the end of a run.
  public enum End: Sendable, Hashable {
    /// The epochs or the time are used up.
    case done
    /// There was no new best pseudo-Dice for this number of epochs.
    case patience(Int)
    /// The run was asked to stop; it can be resumed from the state.
    case stopped
  }

  /// The network.
  public let network: any SegmentationNetwork
  /// The state of the training, which is valid between any two steps.
  public private(set) var state: TrainingState
  /// The optimiser with its state.
  public let optimizer: any Optimizer

  private let batches: TrainingBatches
  private let loss: DeepSupervision
  private let isMixed: Bool
  private let device: Device
  private let parallel: DataParallel?

  /// A trainer for a configuration of a plan.
  ///
  /// - Parameters:
  ///   - network: a network whose parameters are on `device` and require gradients.
  ///   - configuration: determines the patch size and whether Dice is computed over the
  ///     batch.
  ///   - labels: the labels or regions of the data set.
  ///   - training: the cases to train on.
  ///   - validation: the cases of the pseudo-Dice.
  ///   - state: that of a checkpoint, or a new one.
  ///   - optimizerState: that of the checkpoint; `nil` at the start.
  ///   - device: where batches are computed.
  ///   - group: the processes that share each batch; all must pass the same arguments.
  ///   - isMixed: whether convolutions run in half precision; by default on CUDA.
  /// - Throws: `LearningError` where cases, options and network do not fit each other.
  public init(
    network: any SegmentationNetwork, configuration: Configuration, labels: LabelScheme,
    training: PatchCases, validation: PatchCases, state: TrainingState,
    optimizerState: OptimizerState? = nil, device: Device,
    group: ProcessGroup? = nil, isMixed: Bool? = nil
  ) throws {
    parallel = try group.map { try DataParallel($0, batchSize: state.options.batchSize) }
    self.network = network
    self.state = state
    self.device = device
    if let isMixed {
      self.isMixed = isMixed
    } else if case .cuda = device {
      self.isMixed = true
    } else {
      self.isMixed = false
    }
    batches = try TrainingBatches(
      configuration, labels: labels, training: training, validation: validation,
      options: state.options, samples: parallel?.samples, device: device)
    loss = DeepSupervision(
      try SegmentationLoss(
        labels, batchDice: configuration.batchDice, smooth: state.options.diceSmoothing,
        foregroundWeight: state.options.foregroundWeight, terms: state.options.loss),
      outputs: network.architecture.outputCount)
    optimizer =
      switch state.options.optimizer {
      case .sgd:
        SGD(
          network.tensors, rate: state.options.initialRate, momentum: state.options.momentum,
          weightDecay: state.options.weightDecay)
      case .adamw:
        AdamW(
          network.tensors, rate: state.options.initialRate, weightDecay: state.options.weightDecay)
      }
    if let optimizerState { try optimizer.restore(optimizerState) }
    try parallel?.broadcast(network.tensors)
  }

  /// Runs epochs until they or the time are used up, or until it is asked to stop.
  ///
  /// - Parameters:
  ///   - clock: returns seconds from any start; the time budget is measured with it.
  ///   - shouldStop: asked after each step; a resumed training continues with the same bits.
  ///   - onStep: called after each step with the number of steps that are done, the number of steps
  ///     of an epoch and the mean loss.
  ///   - onEpoch: called after each epoch; `isBest` tells that the average of the pseudo-Dice rose.
  /// - Throws: `LearningError` with the code `diverged` where the loss is not finite.
  @discardableResult public func run(
    clock: () -> Double, shouldStop: () -> Bool = { false },
    onStep: (Int, Int, Double) throws -> Void,
    onEpoch: (Trainer, EpochRecord, _ isBest: Bool) throws -> Void
  ) throws -> End {
    let options = state.options
    let begin = clock() - state.elapsed
    while state.partial != nil
      || options.hasTime(
        epoch: state.epoch, elapsed: state.elapsed,
        perEpoch: state.epoch == 0 ? 0 : state.elapsed / Double(state.epoch))
    {
      try Task.checkCancellation()
      if let patience = options.patience, state.epoch - 1 - (state.bestEpoch ?? 0) >= patience {
        return .patience(patience)
      }
      // The part of the epoch before an interruption counts as if there had been no interruption.
      let started = clock() - (state.partial?.seconds ?? 0)
      let rate = options.rate(
        progress: options.progress(epoch: state.epoch, elapsed: state.elapsed))
      let budget = StepBudget(options: options, begin: begin)
      let isComplete = try train(rate: rate, shouldStop: shouldStop, budget, clock) { step, mean in
        state.partial?.seconds = clock() - started
        try onStep(step, options.iterations, mean)
      }
      guard isComplete,
        let (validationLoss, dice) = try validate(shouldStop: shouldStop, budget, clock)
      else {
        state.partial?.seconds = clock() - started
        return .stopped
      }
      let smoothed = PseudoDice.smoothed(state.log.last?.smoothedDice, with: dice.mean)
      let record = EpochRecord(
        epoch: state.epoch, learningRate: rate,
        trainLoss: (state.partial?.lossSum ?? 0) / Double(max(1, state.partial?.steps ?? 0)),
        validationLoss: validationLoss, dicePerClass: dice.perClass, meanDice: dice.mean,
        smoothedDice: smoothed, seconds: clock() - started,
        dataSeconds: state.partial?.dataSeconds)
      state.log.append(record)
      state.partial = nil
      state.epoch += 1
      // All processes use the clock of the first one, so that their schedules do not differ.
      let elapsed = clock() - begin
      state.elapsed = try parallel?.sums([parallel?.group.rank == 0 ? elapsed : 0])[0] ?? elapsed
      let isBest = smoothed.map { $0 > state.bestDice ?? -1 } ?? false
      if isBest { (state.bestDice, state.bestEpoch) = (smoothed, record.epoch) }
      try onEpoch(self, record, isBest)
    }
    return .done
  }

  /// Runs the remaining steps of this epoch, fewer where the time budget ends before; returns whether
  /// the epoch is to be validated, that is, was not stopped.
  private func train(
    rate: Double, shouldStop: () -> Bool, _ budget: StepBudget, _ clock: () -> Double,
    onStep: (Int, Double) throws -> Void
  ) throws -> Bool {
    let options = state.options
    optimizer.rate = rate
    var part = state.partial ?? .init(steps: 0, lossSum: 0, seconds: 0)
    state.partial = part
    let drawn = batches.drawn(epoch: state.epoch, from: part.steps)
    let (before, started) = (part.steps, clock())
    while part.steps < options.iterations {
      let asked = clock()
      guard let batch = try drawn.next() else { break }
      let (images, target) = try batches.augmented(batch)
      part.dataSeconds = (part.dataSeconds ?? 0) + clock() - asked
      part.lossSum += try step(images, target, number: part.steps)
      part.steps += 1
      state.partial = .init(
        steps: part.steps, lossSum: part.lossSum, seconds: state.partial?.seconds ?? 0,
        dataSeconds: part.dataSeconds)
      try onStep(part.steps, part.lossSum / Double(part.steps))
      let now = clock()
      let perStep = (now - started) / Double(part.steps - before)
      switch try decision(shouldStop, isOver: !budget.hasTimeForStep(at: now, perStep: perStep)) {
      case .stop: return false
      case .end: return true
      case .goOn: continue
      }
    }
    return true
  }

  /// What follows a step.
  private enum Decision { case goOn, end, stop }

  /// Whether any process was asked to stop, or the first one's time is up, so that all end after the
  /// same step.
  private func decision(_ shouldStop: () -> Bool, isOver: Bool) throws -> Decision {
    var flags = [shouldStop() ? 1.0 : 0, isOver ? 1.0 : 0]
    if let parallel {
      flags = try parallel.sums([flags[0], parallel.group.rank == 0 ? flags[1] : 0])
    }
    return flags[0] > 0 ? .stop : flags[1] > 0 ? .end : .goOn
  }

  /// The loss of the whole batch, given this process's part.
  private func shared(_ loss: Tensor) throws -> Double {
    let part = try loss.item()
    return try parallel?.sums([part])[0] ?? part
  }

  /// Takes one step of the optimiser; returns the loss before it.
  private func step(_ images: Tensor, _ target: Tensor, number: Int) throws -> Double {
    try optimizer.clearGradients()
    let value = try inPrecision {
      try loss(network.deepSupervision(images), target, parallel: parallel)
    }
    let result = try shared(value)
    guard result.isFinite else {
      throw LearningError(
        .diverged, subject: "epoch \(state.epoch), step \(number)",
        detail: "the loss is \(result); lower the learning rate or look for broken cases")
    }
    if isMixed {
      var scaler = state.scaler ?? GradientScaler()
      try scaler.scaled(value).backward()
      // A gradient that overflows in any process does so in the sum, and all processes skip the
      // step.
      try parallel?.combineGradients(of: optimizer.parameters)
      let isFinite = try scaler.unscale(optimizer.parameters)
      state.scaler = scaler
      guard isFinite else { return result }
    } else {
      try value.backward()
      try parallel?.combineGradients(of: optimizer.parameters)
    }
    _ = try optimizer.clipGradients(to: state.options.gradientLimit)
    try optimizer.step()
    return result
  }

  private func inPrecision<Value>(_ body: () throws -> Value) throws -> Value {
    guard isMixed else { return try body() }
    // Every processor supports bfloat16; tests use it.
    return try withAutocast(device == .cpu ? .bfloat16 : .float16, on: device, body)
  }

  /// The loss and the pseudo-Dice over the validation patches, of which at least one is taken, the
  /// others as far as the time budget goes; nil where it was asked to stop.
  private func validate(
    shouldStop: () -> Bool, _ budget: StepBudget, _ clock: () -> Double
  ) throws -> (loss: Double, dice: PseudoDice)? {
    var count = state.options.validationIterations
    var sum = 0.0
    var dice = PseudoDice(classes: batches.classes)
    for iteration in 0..<count {
      switch try decision(shouldStop, isOver: iteration > 0 && budget.isOver(at: clock())) {
      case .stop: return nil
      case .end: count = iteration
      case .goOn: break
      }
      if iteration == count { break }
      let batch = try batches.validation(epoch: state.epoch, step: iteration)
      try withoutGradients {
        let (images, target) = try batches.plain(batch)
        let (value, finest) = try inPrecision {
          let outputs = try network.deepSupervision(images)
          return (try loss(outputs, target, parallel: parallel), outputs[0])
        }
        sum += try shared(value)
        try batches.count(finest, target, into: &dice)
      }
    }
    guard sum.isFinite else {
      throw LearningError(
        .diverged, subject: "validation of epoch \(state.epoch)",
        detail: "the loss is \(sum); lower the learning rate or look for broken cases")
    }
    if let parallel { try dice.combine(parallel) }
    return (sum / Double(count), dice)
  }
}
