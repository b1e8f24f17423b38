// SPDX-License-Identifier: Apache-2.0
import Files
public import Foundation
import NNUNet
import Pickle
import Torch

/// Writes checkpoints that nnU-Net's own programs load, strictly, and with or without
/// `weights_only`.
///
/// Every alias of a parameter is written; aliases share their memory, as in PyTorch's files. The
/// file contains plain containers and numbers only, so that readers need not trust it.
public struct NNUNetExport {
  private let model: Model
  private let plans: JSON
  private let dataset: JSON

  /// An exporter of a model's folds.
  public init(_ model: Model) {
    self.model = model
    plans = model.plansJSON
    dataset = model.datasetJSON
  }

  /// Writes the checkpoint of a fold; returns the optimiser that it was trained with.
  ///
  /// - Throws: `LearningError` where the weights do not fit the plan.
  @discardableResult
  public func write(fold: String, to url: URL) throws -> OptimizerChoice {
    let trained = try model.trained(fold, on: .cpu, withOptimizerState: true)
    let parameters = trained.network.parameters
    var writer = PyTorchWriter()
    var weights: [(String, PickleOutput)] = []
    for (name, tensor) in parameters {
      let value = try writer.add(tensor.detached())
      weights += ParameterName.aliases(name).map { ($0, value) }
    }
    let state = trained.state
    let buffers = try parameters.indices.compactMap { index in
      let entry = try Self.kinds(of: state.options.optimizer).compactMap { kind in
        try trained.optimizerState[kind]?[index].map {
          (kind.pyTorchName, try writer.add($0))
        }
      }
      return entry.isEmpty ? nil : (PickleOutput.int(index), PickleOutput.object(entry))
    }
    let axes = trained.mirroringAxes
    try writer.write(
      .object([
        ("network_weights", .ordered(weights)),
        ("optimizer_state", optimizer(state, buffers, parameters.count)),
        ("grad_scaler_state", Self.scaler(state.scaler)), ("logging", Self.logging(state.log)),
        ("_best_ema", state.bestDice.map { .double($0) } ?? .none),
        ("current_epoch", .int(state.epoch)),
        (
          "init_args",
          .object([
            ("plans", PickleOutput(plans)), ("configuration", .string(model.name.configuration)),
            ("fold", Int(fold).map { .int($0) } ?? .string(fold)),
            ("dataset_json", PickleOutput(dataset)), ("device", .string("cpu")),
          ])
        ),
        ("trainer_name", .string(model.name.trainer)),
        (
          "inference_allowed_mirroring_axes",
          axes.isEmpty ? .none : .tuple(axes.map { .int($0) })
        ),
      ]), to: url)
    return state.options.optimizer
  }

  /// The kinds of tensors in an optimiser's state, in PyTorch's order.
  private static func kinds(of optimizer: OptimizerChoice) -> [OptimizerStateKind] {
    switch optimizer {
    case .sgd: [.momentum]
    case .adamw: [.steps, .mean, .square, .maximum]
    }
  }

  /// The state of PyTorch's SGD or AdamW, as their `load_state_dict` expects it.
  private func optimizer(
    _ state: TrainingState, _ buffers: [(PickleOutput, PickleOutput)], _ count: Int
  ) -> PickleOutput {
    let options = state.options
    var group: [(String, PickleOutput)] = [
      ("lr", .double(state.log.last?.learningRate ?? options.initialRate)),
      ("weight_decay", .double(options.weightDecay)), ("maximize", .bool(false)),
      ("foreach", .none), ("differentiable", .bool(false)), ("fused", .none),
    ]
    // AdamW's group also has SGD's settings. Without them nnU-Net's trainer would stop; with them
    // it continues with SGD and no momentum. AdamW ignores them.
    group += [
      ("momentum", .double(options.momentum)), ("dampening", .int(0)), ("nesterov", .bool(true)),
    ]
    if options.optimizer == .adamw {
      group += [
        ("betas", .tuple([.double(0.9), .double(0.999)])), ("eps", .double(1e-8)),
        ("amsgrad", .bool(true)), ("capturable", .bool(false)),
        ("decoupled_weight_decay", .bool(true)),
      ]
    }
    group += [
      ("initial_lr", .double(options.initialRate)),
      ("params", .list((0..<count).map { .int($0) })),
    ]
    return .object([
      ("state", .dictionary(buffers)), ("param_groups", .list([.object(group)])),
    ])
  }

  /// The state of PyTorch's scaler, which nnU-Net uses on CUDA.
  private static func scaler(_ scaler: GradientScaler?) -> PickleOutput {
    guard let scaler else { return .none }
    return .object([
      ("scale", .double(scaler.scale)), ("growth_factor", .double(2)),
      ("backoff_factor", .double(0.5)), ("growth_interval", .int(scaler.growthInterval)),
      ("_growth_tracker", .int(scaler.goodSteps)),
    ])
  }

  /// nnU-Net's lists with one entry for each epoch; the clock begins at 0.
  ///
  /// A moving average without a value is written as 0: after NaN nnU-Net's average would remain
  /// NaN, and it would write no best checkpoint any more.
  private static func logging(_ log: [EpochRecord]) -> PickleOutput {
    func list(_ value: (EpochRecord) -> Double?) -> PickleOutput {
      .list(log.map { .double(value($0) ?? .nan) })
    }
    var ends: [Double] = []
    for record in log { ends.append((ends.last ?? 0) + record.seconds) }
    return .object([
      ("mean_fg_dice", list(\.meanDice)), ("ema_fg_dice", list { $0.smoothedDice ?? 0 }),
      (
        "dice_per_class_or_region",
        .list(log.map { .list($0.dicePerClass.map { .double($0 ?? .nan) }) })
      ),
      ("train_losses", list(\.trainLoss)), ("val_losses", list(\.validationLoss)),
      ("lrs", list(\.learningRate)),
      ("epoch_start_timestamps", .list(zip(log, ends).map { .double($1 - $0.seconds) })),
      ("epoch_end_timestamps", .list(ends.map { .double($0) })),
    ])
  }
}

extension PickleOutput {
  /// A JSON value as Python's json module reads it.
  init(_ json: JSON) {
    switch json {
    case .null: self = .none
    case .bool(let flag): self = .bool(flag)
    case .int(let number): self = .int(number)
    case .double(let number): self = .double(number)
    case .string(let text): self = .string(text)
    case .array(let elements): self = .list(elements.map(PickleOutput.init))
    case .object(let object):
      self = .object(object.keys.map { ($0, PickleOutput(object[$0] ?? .null)) })
    }
  }
}
