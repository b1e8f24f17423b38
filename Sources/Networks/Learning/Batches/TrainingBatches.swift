// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Foundation
import NNUNet
import Text
import Torch

/// Makes the batches of a training: draws patches, augments them, and makes targets of labels.
struct TrainingBatches: Sendable {
  /// Patches with their drawn augmentation.
  struct DrawnBatch: Sendable {
    let batch: PatchBatch
    let draws: [AugmentationDraw]
    /// The augmentation of the previous stage's labels; empty outside a cascade.
    let cascade: [CascadeDraw]
  }

  private let trainingSource: PatchSource
  private let validationSource: PatchSource
  private let settings: AugmentationSettings
  private let augmentation: Augmentation
  private let cascade: CascadeInput?
  private let target: TrainingTarget
  private let options: TrainingOptions
  private let samples: Range<Int>
  private let device: Device

  /// Batches of which this process gets some samples, or all by default.
  init(
    _ configuration: Configuration, labels: LabelScheme, training: PatchCases,
    validation: PatchCases, options: TrainingOptions, samples: Range<Int>? = nil,
    device: Device
  ) throws {
    self.samples = samples ?? 0..<options.batchSize
    let patch = configuration.patchSize
    var settings = AugmentationSettings(patchSize: patch)
    if !options.mirrors { settings.mirrorAxes = [] }
    settings.sideAxis = options.sideAxis
    self.settings = settings
    augmentation = Augmentation(
      size: patch, rotatesInPlane: settings.rotatesInPlane,
      maskedChannels: configuration.useMaskForNorm.indices.filter {
        configuration.useMaskForNorm[$0]
      })
    trainingSource = PatchSource(
      training, batchSize: options.batchSize, initialPatchSize: settings.initialPatchSize,
      patchSize: patch, foregroundShare: options.foregroundShare,
      negativeShare: options.negativeShare, samples: samples)
    validationSource = PatchSource(
      validation, batchSize: options.batchSize, initialPatchSize: patch, patchSize: patch,
      foregroundShare: options.foregroundShare, samples: samples)
    // Swift's arrays end the process where memory runs out, so batches that cannot fit are refused.
    let (need, have) = (trainingSource.batchBytes, Machine.memory)
    guard need < Double(have) / 4 else {
      throw LearningError(
        .memory,
        subject:
          "batches of \(counted(options.batchSize, "patch", "patches")) of \(crossed(patch))",
        detail: "one takes \(Int(need / 1e6)) MB of \(have / 1_000_000) MB")
    }
    cascade =
      configuration.previousStage == nil ? nil : CascadeInput(labels: labels.foregroundLabels)
    guard (cascade == nil) == training.previous.isEmpty,
      (cascade == nil) == validation.previous.isEmpty
    else {
      throw LearningError(
        .input, subject: configuration.dataIdentifier,
        detail: "the previous stage's labels and the configuration do not belong together")
    }
    target = TrainingTarget(labels)
    classes = labels.foregroundClasses.count
    self.options = options
    self.device = device
  }

  /// The number of foreground labels or regions.
  let classes: Int

  /// The batches of an epoch from a step on, which are drawn and read while steps run.
  func drawn(epoch: Int, from first: Int) -> Prefetch<DrawnBatch> {
    Prefetch(count: options.iterations - first) { [self] index in
      var rng = KeyedGenerator(
        seed: options.seed, purpose: .training, epoch: epoch, step: first + index)
      let batch = try trainingSource.batch(using: &rng)
      // Drawn for the whole batch, so that the number of processes does not change it.
      let draws = (0..<options.batchSize).map { _ in
        settings.draw(channels: batch.shape[1], using: &rng)
      }
      let changes = (cascade.map { _ in draws } ?? []).map { _ in
        CascadeDraw(labels: cascade?.labels.count ?? 0, using: &rng)
      }
      return DrawnBatch(
        batch: batch, draws: Array(draws[samples]),
        cascade: changes.isEmpty ? [] : Array(changes[samples]))
    }
  }

  /// Moves a batch to the device and augments it; returns images and target.
  func augmented(_ drawn: DrawnBatch) throws -> (images: Tensor, target: Tensor) {
    try withoutGradients {
      let (images, labels) = try tensors(drawn.batch)
      let result = try augmentation(drawn.draws, images: images, labels: labels)
      return try input(result.images, result.labels, drawn.cascade)
    }
  }

  /// The batch of a validation step.
  func validation(epoch: Int, step: Int) throws -> PatchBatch {
    var rng = KeyedGenerator(seed: options.seed, purpose: .validation, epoch: epoch, step: step)
    return try validationSource.batch(using: &rng)
  }

  /// Images and target of a batch without augmentation.
  func plain(_ batch: PatchBatch) throws -> (images: Tensor, target: Tensor) {
    let (images, labels) = try tensors(batch)
    return try input(images, labels.clipped(0, Double(Int16.max)), nil)
  }

  private func tensors(_ batch: PatchBatch) throws -> (images: Tensor, labels: Tensor) {
    (
      try Tensor(batch.images, shape: batch.shape).to(device),
      try Tensor(batch.labels, shape: batch.labelShape).to(device)
    )
  }

  /// The network's input and target, of images and label maps without negative values.
  private func input(
    _ images: Tensor, _ labels: Tensor, _ draws: [CascadeDraw]?
  ) throws -> (images: Tensor, target: Tensor) {
    guard let cascade else { return (images, try target(labels)) }
    return (
      try cascade(
        images: images, previous: labels.narrowed(1, from: 1, length: 1), draws: draws),
      try target(labels.narrowed(1, from: 0, length: 1))
    )
  }

  /// Adds the voxel counts of each foreground class, by the finest logits.
  func count(_ logits: Tensor, _ target: Tensor, into dice: inout PseudoDice) throws {
    let prediction =
      try target.shape[1] == 1 && self.target.regions.isEmpty
      ? logits.argmax(1, keepingAxis: true) : nil
    var mask: Tensor?
    if let ignored = self.target.ignoreLabel {
      mask =
        try prediction != nil
        ? target.equals(Double(ignored)).not()
        : target.narrowed(1, from: classes, length: 1).not()
    }
    for index in 0..<classes {
      var (p, g) =
        try prediction.map {
          (try $0.equals(Double(index + 1)), try target.equals(Double(index + 1)))
        } ?? (
          logits.narrowed(1, from: index, length: 1).isGreater(than: 0),
          target.narrowed(1, from: index, length: 1)
        )
      if let mask { (p, g) = (try p.and(mask), try g.and(mask)) }
      let both = try p.and(g).to(.float64).sum().item()
      dice.add(
        class: index, truePositives: both,
        falsePositives: try p.to(.float64).sum().item() - both,
        falseNegatives: try g.to(.float64).sum().item() - both)
    }
  }
}
