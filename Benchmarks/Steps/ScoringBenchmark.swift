// SPDX-License-Identifier: Apache-2.0
import Agatston
import Phantom
import TestSupport
import Text
import Volume
import Workflow

/// Scoring a mask of 1,500 components, and listing the bright components without a mask.
func timeScoring(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  let (ct, mask) = speckled(try await inputs.scan().ct, components: 1500)
  let options = ScoringOptions(labels: .arteries, kilovoltage: 120, sliceThickness: 3)
  let lesions = try Agatston.score(ct: ct, mask: mask, options: options).lesions.count
  try await stopwatch.time("score, 1500 components, \(ct.extent)") { _, floor in
    "≤ 20 ms; \(lesions) lesions; floor: mask read once, \(rate(mask.voxels, floor))"
  } step: {
    let score = try Agatston.score(ct: ct, mask: mask, options: options)
    return Int(score.agatston) + score.lesions.count
  } floor: {
    mask.voxels.withUnsafeBytes(sumOfWords)
  }

  let scan = try await inputs.scan().ct
  let count = try candidates(in: scan).count
  try await stopwatch.time("candidates, \(count) found, \(ct.extent)") { _, floor in
    "floor: CT read once, \(rate(ct.voxels, floor))"
  } step: {
    try candidates(in: scan).count
  } floor: {
    ct.voxels.withUnsafeBytes(sumOfWords)
  }

  let findings = try ScanFindings(scan)
  let noise = findings.tissue.map { decimal($0.noise) } ?? "unknown"
  try await stopwatch.time("quality, noise \(noise) HU, \(ct.extent)") { _, floor in
    "floor: CT read once, \(rate(ct.voxels, floor))"
  } step: {
    try ScanFindings(scan).candidates
  } floor: {
    ct.voxels.withUnsafeBytes(sumOfWords)
  }
}

private func rate<Element>(_ array: [Element], _ seconds: Double) -> String {
  decimal(Double(array.count * MemoryLayout<Element>.stride) / seconds / 1e9) + " GB/s"
}

/// Reads every byte once, as fast as memory gives them; their number is a multiple of 128.
private func sumOfWords(_ bytes: UnsafeRawBufferPointer) -> Int {
  var sums = (SIMD8<UInt64>.zero, SIMD8<UInt64>.zero)
  for i in stride(from: 0, through: bytes.count - 128, by: 128) {
    sums.0 &+= bytes.loadUnaligned(fromByteOffset: i, as: SIMD8<UInt64>.self)
    sums.1 &+= bytes.loadUnaligned(fromByteOffset: i + 64, as: SIMD8<UInt64>.self)
  }
  return Int(truncatingIfNeeded: (sums.0 &+ sums.1).wrappedSum())
}

/// A scan with bright blobs in a mask of arteries, spread over all slices; sizes as in COCA.
private func speckled(
  _ scan: Volume<Int16>, components: Int
) -> (ct: Volume<Int16>, mask: Volume<UInt8>) {
  var ct = scan
  var mask = Volume<UInt8>(geometry: scan.geometry, repeating: 0)
  var random = SplitMix64(seed: 7)
  let slices = scan.extent.slices
  for i in 0..<components {
    // Cells of 80 pixels, wider than any blob: within a slice no two of them touch.
    let (turn, slice) = i.quotientAndRemainder(dividingBy: slices)
    let cell = (turn * 7 + slice) % 36
    let size = Double.random(in: 1...4.5, using: &random)
    let shape = blob(pixels: Int(size * size * size * 1.5), seed: random.next())
    let peak = Int.random(in: 140...900, using: &random)
    for (rank, offset) in shape.enumerated() {
      let place = (slice, 56 + cell / 6 * 80 + offset.y, 56 + cell % 6 * 80 + offset.x)
      ct[place.0, place.1, place.2] = Int16(130 + (peak - 130) * (shape.count - rank) / shape.count)
      mask[place.0, place.1, place.2] = UInt8(1 + i % 4)
    }
  }
  return (ct, mask)
}
