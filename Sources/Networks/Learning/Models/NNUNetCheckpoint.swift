// SPDX-License-Identifier: Apache-2.0
public import Foundation
import Pickle
public import Torch

/// A checkpoint of nnU-Net's trainer (`checkpoint_final.pth`), as nnunetv2 2 writes it.
///
/// No code in it is run; see `PyTorchFile`.
public struct NNUNetCheckpoint {
  /// The parameters under their canonical names; they share memory with the file's storages.
  public let weights: [String: Tensor]
  /// The class of nnU-Net that trained it.
  public let trainerName: String
  /// The configuration that it was trained for, where the file names it.
  public let configuration: String?
  /// The spatial axes along which predictions may be mirrored.
  public let mirroringAxes: [Int]
  /// The number of epochs that it was trained for.
  public let epoch: Int
  /// The best moving average of the pseudo-Dice, where there is one.
  public let bestDice: Double?
  /// The state of PyTorch's SGD or AdamW by the number of the parameter; empty where it was not
  /// asked for.
  public let optimizerState: [OptimizerStateKind: [Int: Tensor]]
  /// The records of the epochs, as far as the log has them.
  public let log: [EpochRecord]
  /// The settings of its optimiser, as far as the file has them.
  let settings: OptimizerSettings
  /// The scaler of half-precision gradients, where they were used.
  let scaler: GradientScaler?

  /// Reads a checkpoint; the error names the file and what is wrong with it.
  ///
  /// The state of the optimiser is one to three times the size of the weights and read only on
  /// request.
  public init(contentsOf url: URL, withOptimizerState: Bool = false) throws {
    try self.init(
      PyTorchFile(contentsOf: url), named: url.path, withOptimizerState: withOptimizerState)
  }

  /// A checkpoint in a file of PyTorch; `subject` names the file in errors.
  init(_ file: PyTorchFile, named subject: String, withOptimizerState: Bool) throws {
    let tree = file.tree
    func wrong(_ detail: String) -> LearningError {
      LearningError(.model, subject: subject, detail: detail)
    }
    func member(_ key: String) -> PickleValue? { tree.member(key, of: tree.root) }
    guard let entries = tree.entries(member("network_weights")) else {
      throw wrong("is no checkpoint of nnU-Net: it holds no \"network_weights\"")
    }
    weights = try Self.weights(entries.map { (tree.string($0.key), $0.value) }, of: file, wrong)
    guard let trainer = tree.string(member("trainer_name")) else {
      throw wrong("is no checkpoint of nnU-Net: it holds no \"trainer_name\"")
    }
    trainerName = trainer
    configuration = tree.string(tree.member("configuration", of: member("init_args")))
    // Old versions of nnU-Net did not write the key and mirrored along no axis then.
    switch member("inference_allowed_mirroring_axes") {
    case nil, PickleValue.none?: mirroringAxes = []
    case let value?:
      guard let axes = tree.ints(value), Set(axes).count == axes.count,
        axes.allSatisfy((0..<3).contains)
      else { throw wrong("its \"inference_allowed_mirroring_axes\" are no axes") }
      mirroringAxes = axes.sorted()
    }
    optimizerState =
      withOptimizerState
      ? try Self.optimizerState(member("optimizer_state"), of: file, wrong) : [:]
    epoch = max(0, tree.int(member("current_epoch")) ?? 0)
    bestDice = tree.number(member("_best_ema")).flatMap { $0.isFinite ? $0 : nil }
    log = EpochRecord.log(member("logging"), of: tree, epochs: epoch)
    let groups = tree.elements(tree.member("param_groups", of: member("optimizer_state"))) ?? []
    settings = OptimizerSettings(groups.first, of: tree)
    scaler = GradientScaler(member("grad_scaler_state"), of: tree)
  }

  /// The settings in PyTorch's group of parameters.
  struct OptimizerSettings: Sendable, Hashable {
    /// The learning rate of the first epoch.
    let initialRate: Double?
    let weightDecay: Double?
    /// The momentum of SGD.
    let momentum: Double?

    init(_ group: PickleValue?, of tree: PickleTree) {
      func number(_ key: String, _ range: ClosedRange<Double>) -> Double? {
        tree.number(tree.member(key, of: group)).flatMap { range.contains($0) ? $0 : nil }
      }
      initialRate = number("initial_lr", Double.leastNormalMagnitude...1)
      weightDecay = number("weight_decay", 0...1)
      momentum = number("momentum", 0...1)
    }
  }

  /// The buffers in the state of PyTorch's SGD or AdamW.
  private static func optimizerState(
    _ state: PickleValue?, of file: PyTorchFile, _ wrong: (String) -> LearningError
  ) throws -> [OptimizerStateKind: [Int: Tensor]] {
    let tree = file.tree
    var buffers: [OptimizerStateKind: [Int: Tensor]] = [:]
    for (key, value) in tree.entries(tree.member("state", of: state)) ?? [] {
      guard let index = tree.int(key) else { continue }
      for kind in OptimizerStateKind.allCases {
        let name = kind.pyTorchName
        guard let buffer = tree.member(name, of: value), buffer != .none else { continue }
        // Old versions of PyTorch store the number of steps as a plain number.
        let steps = kind == .steps ? tree.number(buffer) : nil
        let tensor =
          try steps.map { try Tensor.full([], $0) }
          ?? file.tensor(buffer, named: "\(name) \(index)")
        guard try tensor.allFinite() else { throw wrong("\(name) \(index) is not finite") }
        buffers[kind, default: [:]][index] = tensor
      }
    }
    return buffers
  }

  /// The parameters, each of which is read once; aliases of one parameter must have the same
  /// values.
  private static func weights(
    _ entries: [(String?, PickleValue)], of file: PyTorchFile, _ wrong: (String) -> LearningError
  ) throws -> [String: Tensor] {
    var first: [String: PickleValue] = [:]
    var weights: [String: Tensor] = [:]
    for (name, value) in entries {
      guard let name else { throw wrong("a weight's name is no text") }
      let canonical = ParameterName.canonical(name)
      if let earlier = first[canonical] {
        if file.isSame(earlier, value) { continue }
        let alias = try file.tensor(value, named: name)
        guard let tensor = weights[canonical], tensor.shape == alias.shape,
          try tensor.floats() == alias.floats()
        else { throw wrong("the weights \(canonical) and \(name) should be one and differ") }
        continue
      }
      let tensor = try file.tensor(value, named: name)
      guard try tensor.dtype.isFloatingPoint == false || tensor.allFinite() else {
        throw wrong("the weight \(canonical) is not finite; train again")
      }
      first[canonical] = value
      weights[canonical] = tensor
    }
    return weights
  }
}

extension GradientScaler {
  /// The state of PyTorch's scaler; `nil` where there is none, as in trainings on processors.
  fileprivate init?(_ state: PickleValue?, of tree: PickleTree) {
    guard let scale = tree.number(tree.member("scale", of: state)), scale > 0, scale.isFinite,
      let steps = tree.int(tree.member("_growth_tracker", of: state)), steps >= 0
    else { return nil }
    self.init(scale: scale, goodSteps: steps)
  }
}

extension EpochRecord {
  /// Records of nnU-Net's lists, which have one entry for each epoch; none where a list is missing.
  fileprivate static func log(_ value: PickleValue?, of tree: PickleTree, epochs: Int) -> [Self] {
    func list(_ key: String) -> [PickleValue] {
      tree.elements(tree.member(key, of: value)) ?? []
    }
    func finite(_ value: PickleValue) -> Double? {
      tree.number(value).flatMap { $0.isFinite ? $0 : nil }
    }
    let (rates, training, validation) = (list("lrs"), list("train_losses"), list("val_losses"))
    let (classes, means) = (list("dice_per_class_or_region"), list("mean_fg_dice"))
    let (smoothed, begins) = (list("ema_fg_dice"), list("epoch_start_timestamps"))
    let ends = list("epoch_end_timestamps")
    let count =
      [rates, training, validation, classes, means, smoothed, begins, ends]
      .map(\.count).min() ?? 0
    // Before the first pseudo-Dice the average has no value, whatever the list contains.
    let first = means.firstIndex { finite($0) != nil } ?? means.count
    return (0..<min(count, epochs)).compactMap { i in
      guard let rate = finite(rates[i]), let train = finite(training[i]),
        let valid = finite(validation[i]), let begin = finite(begins[i]), let end = finite(ends[i])
      else { return nil }
      return EpochRecord(
        epoch: i, learningRate: rate, trainLoss: train, validationLoss: valid,
        dicePerClass: (tree.elements(classes[i]) ?? []).map(finite), meanDice: finite(means[i]),
        smoothedDice: i < first ? nil : finite(smoothed[i]), seconds: end - begin)
    }
  }
}
