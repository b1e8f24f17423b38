// SPDX-License-Identifier: Apache-2.0
import Learning
import Testing

@Suite struct `Random numbers of a training step` {
  private func numbers(
    seed: UInt64 = 1, _ purpose: KeyedGenerator.Purpose = .training, epoch: Int = 0, step: Int = 0,
    count: Int = 8
  ) -> [UInt64] {
    var generator = KeyedGenerator(seed: seed, purpose: purpose, epoch: epoch, step: step)
    return (0..<count).map { _ in generator.next() }
  }

  @Test func `are the same for the same key`() {
    #expect(
      numbers(seed: 7, .validation, epoch: 3, step: 9)
        == numbers(seed: 7, .validation, epoch: 3, step: 9))
  }

  @Test func `never repeat between keys`() {
    var seen = Set<UInt64>()
    var count = 0
    for seed in [0, 1, 2, UInt64.max] {
      for purpose in [KeyedGenerator.Purpose.weights, .training, .validation] {
        for epoch in 0..<12 {
          for step in 0..<12 {
            let list = numbers(seed: seed, purpose, epoch: epoch, step: step)
            count += list.count
            seen.formUnion(list)
          }
        }
      }
    }
    #expect(seen.count == count)
  }

  @Test func `of neighbouring keys differ in half of their bits`() {
    var bits = 0
    var pairs = 0
    for key in 0..<200 {
      let a = numbers(epoch: key, step: 5)
      for b in [
        numbers(epoch: key + 1, step: 5), numbers(epoch: key, step: 6),
        numbers(seed: 2, epoch: key, step: 5), numbers(.validation, epoch: key, step: 5),
        numbers(epoch: 5, step: key),
      ] where a != b {
        for (x, y) in zip(a, b) {
          bits += (x ^ y).nonzeroBitCount
          pairs += 1
        }
      }
    }
    // 64 fair coins a pair have a deviation of 4.
    #expect(abs(Double(bits) / Double(pairs) - 32) < 5 * 4 / Double(pairs).squareRoot())
  }
}
