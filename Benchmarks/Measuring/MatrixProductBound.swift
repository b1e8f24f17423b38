// SPDX-License-Identifier: Apache-2.0
import Text
import Torch
import Workflow

/// Times networks beside a bound: the time that their multiplications take at the rate of a large
/// float32 matrix product on the same threads.
struct MatrixProductBound {
  private let stopwatch: Stopwatch
  private let a: Tensor
  private let b: Tensor
  private static let side = 1024

  init(_ stopwatch: Stopwatch) throws {
    self.stopwatch = stopwatch
    a = try .normal([Self.side, Self.side], seed: 1)
    b = try .normal([Self.side, Self.side], seed: 2)
  }

  /// Times a step of a number of operations, its floor the matrix product's time scaled to it.
  func time(_ name: String, operations: Int, step: () throws -> Int) async throws {
    let threads = try TorchRuntime.threads()
    let share = Double(operations) / Double(2 * Self.side * Self.side * Self.side)
    try await stopwatch.time(name, floorScale: share) { seconds, floor in
      "\(decimal(Double(operations) / 1e9)) GFLOP, \(threads) threads; "
        + "\(decimal(100 * floor / seconds, 0)) % of "
        + "\(decimal(Double(operations) / floor / 1e9, 0)) GFLOP/s of a matrix product"
    } step: {
      try step()
    } floor: {
      try withInferenceMode { try a.matrixProduct(b).count }
    }
  }
}
