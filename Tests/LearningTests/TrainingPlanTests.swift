// SPDX-License-Identifier: Apache-2.0
import Foundation
import Learning
import Testing

@Suite struct `The options of a training` {
  @Test(arguments: [(0, 0.01), (500, 0.00535887), (999, 1.99526e-5), (1000, 0)])
  func `without a budget the rate follows the epochs`(epoch: Int, rate: Double) {
    var options = TrainingOptions(batchSize: 2)
    options.epochs = 1000
    #expect(
      abs(options.rate(progress: options.progress(epoch: epoch, elapsed: 1e9)) - rate) < 1e-8)
    #expect(options.hasTime(epoch: epoch, elapsed: 1e9, perEpoch: 1e6) == (epoch < 1000))
  }

  @Test(arguments: [
    (0, 0.0, 0.0), (10, 0, 0.1), (10, 30, 0.5), (80, 30, 0.8), (10, 60, 1), (10, 600, 1),
  ])
  func `with a budget the larger share of epochs and time counts`(
    epoch: Int, elapsed: Double, progress: Double
  ) {
    var options = TrainingOptions(batchSize: 2)
    options.epochs = 100
    options.seconds = 60
    #expect(abs(options.progress(epoch: epoch, elapsed: elapsed) - progress) < 1e-12)
  }

  @Test(arguments: [
    (0, 0.0, 0.0, true), (0, 500, 0, true), (3, 50, 19, true), (3, 50, 21, false),
    (100, 1, 0.01, false),
  ])
  func `an epoch begins if at least half of it fits, and the first one always`(
    epoch: Int, elapsed: Double, perEpoch: Double, fits: Bool
  ) {
    var options = TrainingOptions(batchSize: 2)
    options.epochs = 100
    options.seconds = 60
    #expect(options.hasTime(epoch: epoch, elapsed: elapsed, perEpoch: perEpoch) == fits)
  }
}

@Suite struct `The pseudo-Dice` {
  @Test func `sums voxels over batches before it divides`() throws {
    var dice = PseudoDice(classes: 3)
    dice.add(class: 0, truePositives: 3, falsePositives: 1, falseNegatives: 0)
    dice.add(class: 0, truePositives: 0, falsePositives: 4, falseNegatives: 5)
    dice.add(class: 2, truePositives: 0, falsePositives: 0, falseNegatives: 2)
    #expect(dice.perClass == [6.0 / 16, nil, 0])
    #expect(try abs(#require(dice.mean) - 3.0 / 16) < 1e-15)
  }

  @Test func `is absent where no class occurs`() {
    #expect(PseudoDice(classes: 2).mean == nil)
    #expect(PseudoDice.smoothed(nil, with: nil) == nil)
  }

  @Test func `is smoothed by a tenth, past epochs without a value`() throws {
    var average: Double?
    for value in [0.5, nil, 1.0, nil] as [Double?] {
      average = PseudoDice.smoothed(average, with: value)
    }
    #expect(try abs(#require(average) - 0.55) < 1e-15)
  }
}
