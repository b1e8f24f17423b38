// SPDX-License-Identifier: Apache-2.0
import Foundation

/// Infers the number of epochs of nnU-Net's trainings, which its checkpoints do not contain.
package enum NNUNetSchedule {
  /// The number of epochs that follows from the learning rates of the log, else the one in the
  /// trainer's name, else 1000.
  package static func epochs(
    _ log: [EpochRecord], initialRate: Double, trainer: String
  ) -> Int {
    let named = trainer.split(separator: "_").lazy.compactMap { word in
      ["epochs", "epoch"].lazy.filter(word.hasSuffix).compactMap { Int(word.dropLast($0.count)) }
        .first { $0 > 0 }
    }.first
    return epochs(log, initialRate: initialRate) ?? named ?? PolynomialSchedule.nnUNetEpochs
  }

  /// The number for which rate = initial · (1 − epoch / number)^0.9 in the last epoch of the log.
  private static func epochs(_ log: [EpochRecord], initialRate: Double) -> Int? {
    guard let last = log.last, last.epoch > 0, last.learningRate > 0,
      last.learningRate < initialRate
    else { return nil }
    let left = pow(last.learningRate / initialRate, 1 / PolynomialSchedule.nnUNetExponent)
    let number = Double(last.epoch) / (1 - left)
    guard number.isFinite, number < 1e7 else { return nil }
    let epochs = Int(number.rounded())
    // With another schedule or initial rate no whole number fits every epoch.
    let schedule = PolynomialSchedule(initialRate: initialRate, epochs: epochs)
    let fits = log.allSatisfy {
      abs(schedule.rate(progress: Double($0.epoch) / Double(epochs)) - $0.learningRate)
        <= 1e-6 * initialRate
    }
    return fits ? epochs : nil
  }
}
