// SPDX-License-Identifier: Apache-2.0
public import NNUNet
public import Torch

/// Trains one fold of a 2D configuration as nnU-Net does (nnunetv2 2.8.1, nnUNetTrainer).
///
/// Cross entropy plus soft Dice with deep supervision, SGD with Nesterov momentum, polynomial
/// schedule, gradients clipped to a norm of 12, default augmentation without blur and low
/// resolution. The trainer prints and writes nothing: each epoch's record and state go to a closure.
public final class Trainer {
  /// The network in training.
  public let network: any SegmentationNetwork
  /// Where the training stands.
  public private(set) var state: TrainingState
  /// The optimiser with what it remembers.
  public let optimizer: any Optimizer

  private let training: PatchSource
  private let validation: PatchSource
  private let patch: [Int]
  private let augmentation: AugmentationSettings
  private let loss: DeepSupervision
  private let device: Device

  /// A trainer for a configuration of a plan.
  ///
  /// - Parameters:
  ///   - network: its parameters are on `device` already and require gradients.
  ///   - configuration: gives the patch size and whether Dice is taken over the batch.
  ///   - state: where to go on, or the start.
  ///   - memory: what the optimiser of the checkpoint remembered; `nil` at the start.
  public init(
    network: any SegmentationNetwork, configuration: Configuration, training: [StoredCase],
    validation: [StoredCase], state: TrainingState, memory: [OptimizerMemory: [Tensor?]]? = nil,
    device: Device
  ) throws {
    self.network = network
    self.state = state
    self.device = device
    patch = configuration.patchSize
    let geometry = AugmentationGeometry(patchSize: patch)
    var augmentation = AugmentationSettings(geometry)
    augmentation.mirrors = augmentation.mirrors && state.options.mirrors
    self.augmentation = augmentation
    let batchSize = state.options.batchSize
    self.training = try PatchSource(
      cases: training, batchSize: batchSize, initialPatchSize: geometry.initialPatchSize,
      patchSize: patch, foregroundShare: state.options.foregroundShare)
    self.validation = try PatchSource(
      cases: validation, batchSize: batchSize, initialPatchSize: patch, patchSize: patch,
      foregroundShare: state.options.foregroundShare)
    loss = DeepSupervision(
      DiceCrossEntropy(
        batchDice: configuration.batchDice, smooth: state.options.diceSmoothing,
        foregroundWeight: state.options.foregroundWeight),
      outputs: network.architecture.outputCount)
    optimizer =
      switch state.options.optimizer {
      case .sgd:
        SGD(
          network.tensors, momentum: state.options.momentum,
          weightDecay: state.options.weightDecay)
      case .adamw: AdamW(network.tensors, weightDecay: state.options.weightDecay)
      }
    if let memory { try optimizer.restore(memory) }
  }

  /// Runs epochs until they or the time are used up.
  ///
  /// - Parameters:
  ///   - clock: seconds from any start; the time budget is measured on it.
  ///   - onStep: called after each step with the number done, the number of steps of an epoch and
  ///     the loss.
  ///   - onEpoch: called after each epoch; `isBest` says that the pseudo-Dice's average rose.
  public func run(
    clock: () -> Double, onStep: (Int, Int, Double) -> Void,
    onEpoch: (Trainer, EpochRecord, _ isBest: Bool) throws -> Void
  ) throws {
    let options = state.options
    let begin = clock() - state.elapsed
    while options.hasTime(
      epoch: state.epoch, elapsed: state.elapsed,
      perEpoch: state.epoch == 0 ? 0 : state.elapsed / Double(state.epoch))
    {
      try Task.checkCancellation()
      let started = clock()
      let rate = options.rate(
        progress: options.progress(epoch: state.epoch, elapsed: state.elapsed))
      let trained = try train(rate: rate, onStep: onStep)
      let (validationLoss, dice) = try validate()
      let smoothed = PseudoDice.smoothed(state.log.last?.smoothedDice, with: dice.mean)
      let record = EpochRecord(
        epoch: state.epoch, learningRate: rate, trainLoss: trained,
        validationLoss: validationLoss, dicePerClass: dice.perClass, meanDice: dice.mean,
        smoothedDice: smoothed, seconds: clock() - started)
      state.log.append(record)
      state.epoch += 1
      state.elapsed = clock() - begin
      let isBest = smoothed.map { $0 > state.bestDice ?? -1 } ?? false
      if isBest { state.bestDice = smoothed }
      try onEpoch(self, record, isBest)
    }
  }

  /// One epoch of training steps; the mean loss.
  private func train(rate: Double, onStep: (Int, Int, Double) -> Void) throws -> Double {
    let options = state.options
    optimizer.rate = rate
    var sum = 0.0
    for iteration in 0..<options.iterations {
      var rng = KeyedGenerator(
        seed: options.seed, purpose: .training, epoch: state.epoch, step: iteration)
      let (images, labels) = try augmented(training.batch(using: &rng), using: &rng)
      try optimizer.clearGradients()
      let value = try loss(network.deepSupervision(images), labels)
      let number = try value.item()
      guard number.isFinite else {
        throw LearningError(
          .diverged, subject: "epoch \(state.epoch), step \(iteration)",
          detail: "the loss is \(number); lower the learning rate or look for broken cases")
      }
      try value.backward()
      _ = try optimizer.clipGradients(to: options.gradientLimit)
      try optimizer.step()
      sum += number
      onStep(iteration + 1, options.iterations, sum / Double(iteration + 1))
    }
    return sum / Double(options.iterations)
  }

  /// Loss and pseudo-Dice over the validation patches.
  private func validate() throws -> (loss: Double, dice: PseudoDice) {
    let options = state.options
    let classes = network.architecture.classes
    var sum = 0.0
    var dice = PseudoDice(classes: classes - 1)
    for iteration in 0..<options.validationIterations {
      var rng = KeyedGenerator(
        seed: options.seed, purpose: .validation, epoch: state.epoch, step: iteration)
      let batch = validation.batch(using: &rng)
      try withoutGradients {
        let images = try Tensor(batch.images, shape: batch.shape).to(device)
        let labels = try Tensor(
          batch.labels, shape: [batch.shape[0], 1] + batch.shape.dropFirst(2)
        )
        .to(.int64).to(device)
        .maximum(Tensor([Int64(0)]).to(device))
        let outputs = try network.deepSupervision(images)
        sum += try loss(outputs, labels).item()
        let predicted = try outputs[0].argmax(1, keepingAxis: true)
        for label in 1..<classes {
          let p = try predicted.equals(Double(label))
          let g = try labels.equals(Double(label))
          let both = try p.and(g).to(.float64).sum().item()
          dice.add(
            class: label - 1, truePositives: both,
            falsePositives: try p.to(.float64).sum().item() - both,
            falseNegatives: try g.to(.float64).sum().item() - both)
        }
      }
    }
    guard sum.isFinite else {
      throw LearningError(
        .diverged, subject: "validation of epoch \(state.epoch)",
        detail: "the loss is \(sum); lower the learning rate or look for broken cases")
    }
    return (sum / Double(options.validationIterations), dice)
  }

  /// Moves a batch to the device and augments it there.
  private func augmented(
    _ batch: PatchBatch, using rng: inout KeyedGenerator
  ) throws -> (images: Tensor, labels: Tensor) {
    let draws = (0..<batch.shape[0]).map { _ in
      augmentation.draw(channels: batch.shape[1], using: &rng)
    }
    let images = try Tensor(batch.images, shape: batch.shape).to(device)
    let labels = try Tensor(batch.labels, shape: [batch.shape[0]] + batch.shape.dropFirst(2))
      .to(.int64).to(device)
    let seed = rng.next()
    let result = try withoutGradients {
      try Augmentation.apply(
        draws, images: images, labels: labels, labelCount: network.architecture.classes,
        size: (patch[0], patch[1]), noiseSeed: seed)
    }
    return (result.images, result.labels)
  }
}
