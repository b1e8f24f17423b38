// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import NNUNet
import TestSupport
import Text
import Torch
import Workflow

/// A patch as it is read, and what happens to it in a row of samples.
struct AugmentedSample {
  let images: Tensor
  let labels: Tensor
  let augmentation: Augmentation
  let draws: [AugmentationDraw]

  /// A patch of noise with a structure in it, and draws from a seed.
  init(patch: [Int], samples: Int, seed: UInt64) throws {
    let settings = AugmentationSettings(patchSize: patch)
    var random = SplitMix64(seed: seed)
    draws = (0..<samples).map { _ in settings.draw(channels: 1, using: &random) }
    augmentation = Augmentation(size: patch, rotatesInPlane: settings.rotatesInPlane)
    let size = settings.initialPatchSize
    images = try Tensor.normal([1, 1] + size, seed: seed)
    labels = try Tensor.zeros([1] + size, dtype: .int16)
    try labels.narrowed(-1, from: 100, length: 80).narrowed(-2, from: 100, length: 80)
      .fillInPlace(1)
  }

  /// Augments the patch by each draw; a number that follows from the results.
  func run() throws -> Int {
    try withoutGradients {
      var sum = 0
      for draw in draws {
        let result = try augmentation([draw], images: images, labels: labels)
        sum += try Int(result.labels.selected(-1, 128).to(.int64).sum().item())
      }
      return sum
    }
  }
}

/// nnU-Net's augmentation of one sample, on average over what is drawn.
///
/// The floor is a copy of the patch that the network gets.
func timeAugmentation(_ stopwatch: Stopwatch, _ inputs: BenchmarkInputs) async throws {
  for patch in [[512, 512], [28, 256, 256]] {
    let samples = 40
    let sample = try AugmentedSample(patch: patch, samples: samples, seed: 7)
    let image = try Tensor.normal(patch, seed: 1)
    let label = try Tensor.zeros(patch, dtype: .int16)
    let name = patch.map(String.init).joined(separator: "×")
    try await stopwatch.time("augmentation of a sample, \(name)", repeats: samples) { seconds, _ in
      "\(decimal(Double(image.count) / seconds / 1e6, 0)) million voxels a second, \(samples) draws"
    } step: {
      try sample.run()
    } floor: {
      try (0..<samples).reduce(0) { sum, _ in
        let copies = try (image.clone(), label.clone())
        return sum + copies.0.count + copies.1.count
      }
    }
  }
}

/// Augments samples for each line of standard input, "size size … samples seed", on one thread, and
/// answers with the mean processor seconds of one: our side of `Oracles/peers/augmentation.py`.
func answerAugmentationPeers() throws {
  try TorchRuntime.setThreads(1)
  while let line = readLine() {
    let numbers = line.split(separator: " ").compactMap { Int($0) }
    guard numbers.count >= 4, let seed = numbers.last else { throw WrongResult(name: line) }
    let sample = try AugmentedSample(
      patch: Array(numbers.dropLast(2)), samples: numbers[numbers.count - 2], seed: UInt64(seed))
    let begin = processorTime()
    let checksum = try sample.run()
    let seconds = processorTime() - begin
    print(seconds / Double(sample.draws.count), checksum)
    fflush(nil)
  }
}
