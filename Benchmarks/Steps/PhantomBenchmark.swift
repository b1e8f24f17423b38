// SPDX-License-Identifier: Apache-2.0
import Concurrency
import Files
import Foundation
import Phantom
import TestSupport
import Volume
import Workflow

/// One synthetic subject, scanned on all cores.
///
/// Each voxel has noise of its own, so the floor is one normal number a voxel on the same cores.
func timePhantom(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  let options = PhantomOptions(seed: 1, slices: 48)
  try await stopwatch.time("synthetic subject, 48×512×512") { _, _ in
    "≤ 2 s on two cores, here \(Machine.processorCount); floor: a normal number for each voxel"
  } step: {
    try await phantomSubject(id: 3, options: options).labels.voxels.reduce(0) { $0 + Int($1) }
  } floor: {
    await withTaskGroup(of: Int.self) { group in
      for slice in 0..<48 {
        group.addTask { sumOfNormals(512 * 512, seed: UInt64(slice)) }
      }
      return await group.reduce(0, +)
    }
  }
}

/// The sum of normal numbers (Box and Muller 1958), two from each two uniform ones.
private func sumOfNormals(_ count: Int, seed: UInt64) -> Int {
  var random = SplitMix64(seed: seed)
  var sum: Float = 0
  for _ in 0..<count / 2 {
    let bits = random.next()
    let u = (Float(UInt32(truncatingIfNeeded: bits) >> 8) + 1) * 0x1p-24
    let angle = Float(bits >> 40) * 0x1p-24 * 2 * .pi
    let radius = (-2 * logf(u)).squareRoot()
    sum += radius * cosf(angle) + radius * sinf(angle)
  }
  return Int(sum)
}
