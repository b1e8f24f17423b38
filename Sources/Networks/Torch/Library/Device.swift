// SPDX-License-Identifier: Apache-2.0
import CTorchAPI

/// The device that holds a tensor and runs its operations.
public enum Device: Hashable, Sendable, CustomStringConvertible {
  /// The processor.
  case cpu
  /// An NVIDIA GPU, by its number from 0.
  case cuda(Int)
  /// Apple's GPU.
  case mps

  /// The device with a name: `cpu`, `cuda`, `cuda:1` or `mps`.
  ///
  /// The device need not be available.
  ///
  /// - Throws: `TorchError` with the code `device` for any other name.
  public init(name: String) throws {
    switch name {
    case "cpu": self = .cpu
    case "mps": self = .mps
    case "cuda": self = .cuda(0)
    default:
      let number = name.dropFirst("cuda:".count)
      guard name.hasPrefix("cuda:"), number.count <= 3,
        number.allSatisfy({ $0.isASCII && $0.isNumber }),
        let index = Int(number), index >= 0
      else {
        throw TorchError(
          .device, subject: "device \"\(name)\"", detail: "use cpu, cuda, cuda:1 or mps")
      }
      self = .cuda(index)
    }
  }

  /// The device that a user names: one of `init(name:)`, or `auto`, which is the first NVIDIA GPU
  /// where there is one and the processor elsewhere.
  ///
  /// - Throws: `TorchError` for other words, and for devices that cannot be used here.
  public static func available(named name: String) throws -> Device {
    // A libtorch without CUDA cannot count its devices; it has none.
    if name == "auto" { return (try? cudaCount()) ?? 0 > 0 ? .cuda(0) : .cpu }
    let device = try Device(name: name)
    try device.requireAvailable()
    return device
  }

  /// The name, as `init(name:)` takes it.
  public var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(let index): "cuda:\(index)"
    case .mps: "mps"
    }
  }

  /// The number of NVIDIA GPUs that can be used.
  ///
  /// The first call opens libtorch_cuda.so.
  ///
  /// - Throws: `TorchError` with the code `device` where this library or its driver is missing.
  public static func cudaCount() throws -> Int {
    let library = try Library.shared()
    do {
      return try library.call { api, error in api.device_count(1, error) }
    } catch let error as TorchError {
      throw TorchError(
        .device, subject: "cuda",
        detail: "this libtorch cannot use NVIDIA GPUs (\(error.detail)); use cpu, or install a "
          + "CUDA build with scripts/setup")
    }
  }

  /// Whether tensors can be put on this device.
  public var isAvailable: Bool {
    do {
      try requireAvailable()
      return true
    } catch {
      return false
    }
  }

  /// Throws a `TorchError` with the code `device` or `library` if the device cannot be used.
  public func requireAvailable() throws {
    switch self {
    case .cpu:
      _ = try Library.shared()
    case .cuda(let index):
      let count = try Self.cudaCount()
      guard index >= 0, index < count else {
        throw TorchError(
          .device, subject: description,
          detail: count == 0
            ? "no NVIDIA GPU was found; use cpu" : "there are only \(count) GPUs, numbered from 0")
      }
    case .mps:
      let library = try Library.shared()
      guard try library.call({ api, error in api.device_count(2, error) }) > 0 else {
        throw TorchError(.device, subject: "mps", detail: "no Apple GPU was found; use cpu")
      }
    }
  }

  /// The number of the kind in CTorchAPI.h.
  var kind: Int32 {
    switch self {
    case .cpu: 0
    case .cuda: 1
    case .mps: 2
    }
  }

  /// The number among devices of the kind.
  var index: Int {
    if case .cuda(let index) = self { index } else { 0 }
  }
}
