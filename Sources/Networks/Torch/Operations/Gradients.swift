// SPDX-License-Identifier: Apache-2.0
import CTorchAPI
import Text

extension Tensor {
  /// Whether operations on this tensor are recorded for gradients.
  public var requiresGradient: Bool { query { api, handle in api.requires_grad(handle) } != 0 }

  /// Sets whether operations on this tensor are recorded for gradients.
  ///
  /// The tensor must hold floating-point numbers and must not be the result of a recorded
  /// operation.
  public func requireGradient(_ required: Bool = true) throws {
    try library.call { api, error in api.set_requires_grad(handle, required ? 1 : 0, error) }
  }

  /// Computes the gradient of this single value, and adds it to the `gradient` of every tensor that
  /// it was computed from.
  public func backward() throws {
    try library.call { api, error in api.backward(handle, error) }
  }

  /// The gradient that `backward` computed for this tensor; nil if there is none.
  public var gradient: Tensor? {
    get throws {
      guard hasGradient else { return nil }
      return try library.make { api, error in api.grad(handle, error) }
    }
  }

  /// Whether this tensor has a gradient.
  public var hasGradient: Bool { query { api, handle in api.has_grad(handle) } != 0 }

  /// Replaces the gradient; nil removes it.
  public func setGradient(_ gradient: Tensor?) throws {
    try library.call { api, error in api.set_grad(handle, gradient?.handle, error) }
  }

  /// One step of stochastic gradient descent on many parameters at once.
  ///
  /// For each parameter p with gradient g and momentum buffer m (zeros before the first step): g +=
  /// decay · p; m = momentum · m + g; p -= rate · (nesterov ? g + momentum · m : m), which is
  /// PyTorch's SGD without dampening. Every parameter must have a gradient; gradients do not
  /// change.
  public static func stepSGD(
    _ parameters: [Tensor], momenta: [Tensor], rate: Double, momentum: Double, weightDecay: Double,
    nesterov: Bool
  ) throws {
    guard parameters.count == momenta.count else {
      throw TorchError(
        .operation, subject: "sgd_step",
        detail: "\(counted(parameters.count, "parameter has", "parameters have")) "
          + counted(momenta.count, "momentum buffer"))
    }
    guard !parameters.isEmpty else { return }
    let (p, m) = (parameters.map(\.handle), momenta.map(\.handle))
    try Library.shared().call { api, error in
      withExtendedLifetime((parameters, momenta)) {
        api.sgd_step(p, m, p.count, rate, momentum, weightDecay, nesterov ? 1 : 0, error)
      }
    }
  }

  /// The state of AdamW for one parameter; all of the parameter's shape but the number of steps.
  public struct AdamMoments {
    /// The running mean of the gradient.
    public let mean: Tensor
    /// The running mean of its square.
    public let square: Tensor
    /// The largest running mean of the square so far.
    public let maximum: Tensor
    /// The number of steps, one value.
    public let steps: Tensor

    /// The state of a parameter.
    public init(mean: Tensor, square: Tensor, maximum: Tensor, steps: Tensor) {
      self.mean = mean
      self.square = square
      self.maximum = maximum
      self.steps = steps
    }
  }

  /// One step of AdamW with the largest second moment (AMSGrad) on many parameters at once.
  ///
  /// p *= 1 − rate · decay; m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; v̂ = max(v̂, v);
  /// p -= rate / (1 − β₁ᵗ) · m / (√(v̂ / (1 − β₂ᵗ)) + ε): Loshchilov 2019, Reddi 2018, as PyTorch's
  /// `AdamW(amsgrad=True)`. Every parameter must be contiguous and have a gradient.
  public static func stepAdamW(
    _ parameters: [Tensor], moments: [AdamMoments], rate: Double,
    betas: (Double, Double) = (0.9, 0.999), epsilon: Double = 1e-8, weightDecay: Double
  ) throws {
    guard parameters.count == moments.count else {
      throw TorchError(
        .operation, subject: "adamw_step",
        detail: "\(parameters.count) parameters have \(counted(moments.count, "moment"))")
    }
    guard !parameters.isEmpty else { return }
    let p = parameters.map(\.handle)
    let m = moments.map(\.mean.handle)
    let v = moments.map(\.square.handle)
    let top = moments.map(\.maximum.handle)
    let t = moments.map(\.steps.handle)
    try Library.shared().call { api, error in
      withExtendedLifetime((parameters, moments)) {
        api.adamw_step(
          p, m, v, top, t, p.count, rate, betas.0, betas.1, epsilon, weightDecay, error)
      }
    }
  }

  /// Scales all gradients so that their norm is at most `limit`, and returns the norm before.
  ///
  /// As in PyTorch's `clip_grad_norm_`, this is the norm of the tensors' norms, and the factor is
  /// min(1, limit / (norm + 1e-6)). The result stays on the device; `item` waits for it.
  public static func clipGradients(_ parameters: [Tensor], to limit: Double) throws -> Tensor {
    let handles = parameters.map(\.handle)
    return try Library.shared().make { api, error in
      withExtendedLifetime(parameters) {
        handles.withPointer { api.clip_grad_norm($0, handles.count, limit, error) }
      }
    }
  }

  /// Multiplies all gradients by a factor; returns whether all are finite.
  public static func scaleGradients(_ parameters: [Tensor], by factor: Double) throws -> Bool {
    let handles = parameters.map(\.handle)
    return try Library.shared().call { api, error in
      withExtendedLifetime(parameters) {
        handles.withPointer { api.unscale_grads($0, handles.count, factor, error) }
      }
    } != 0
  }
}

// libtorch keeps these modes per thread. The bodies are synchronous, because a task that suspends
// may continue in another thread.

/// Whether this thread's operations are recorded for gradients.
public func recordsGradients() throws -> Bool {
  try Library.shared().table.pointee.grad_enabled() != 0
}

/// Runs a body whose operations are not recorded for gradients.
public func withoutGradients<Value>(_ body: () throws -> Value) throws -> Value {
  let library = try Library.shared()
  let before = library.table.pointee.grad_enabled()
  library.table.pointee.set_grad_enabled(0)
  defer { library.table.pointee.set_grad_enabled(before) }
  return try body()
}

/// Runs a body in libtorch's inference mode, which costs less than `withoutGradients`.
///
/// Tensors that the body makes cannot take part in a computation with gradients afterwards.
public func withInferenceMode<Value>(_ body: () throws -> Value) throws -> Value {
  let library = try Library.shared()
  guard let scope = try library.call({ api, error in api.inference_begin(error) }) else {
    throw TorchError(.operation, subject: "inference_begin", detail: "no scope was made")
  }
  defer { library.table.pointee.inference_end(scope) }
  return try body()
}

/// Runs a body in which convolutions and matrix products use half precision (PyTorch's autocast).
///
/// Run the forward pass and the loss inside, `backward` outside.
///
/// - Parameters:
///   - dtype: `float16` or `bfloat16`.
///   - device: the device whose operations are meant.
///   - body: the work.
public func withAutocast<Value>(
  _ dtype: DType, on device: Device, _ body: () throws -> Value
) throws -> Value {
  guard dtype == .float16 || dtype == .bfloat16 else {
    throw TorchError(
      .operation, subject: "autocast", detail: "\(dtype.rawValue) is not float16 or bfloat16")
  }
  try device.requireAvailable()
  let library = try Library.shared()
  let table = library.table
  let enabled = table.pointee.autocast_enabled(device.kind)
  let dtypeCode = table.pointee.autocast_dtype(device.kind)
  try library.call { api, error in api.set_autocast(device.kind, 1, dtype.code, error) }
  defer {
    // Restoring the earlier mode cannot fail.
    try? library.call { api, error in api.set_autocast(device.kind, enabled, dtypeCode, error) }
    if enabled == 0 { table.pointee.clear_autocast_cache() }
  }
  return try body()
}
