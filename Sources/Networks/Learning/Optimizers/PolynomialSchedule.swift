// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A learning rate that falls to zero over the epochs: initial · (1 - epoch / epochs)^0.9.
public struct PolynomialSchedule: Sendable, Equatable, Codable {
  /// The number of epochs of nnU-Net's trainer.
  public static let nnUNetEpochs = 1000
  /// The exponent of nnU-Net's trainer.
  public static let nnUNetExponent = 0.9
  /// The rate of epoch 0.
  public var initialRate: Double
  /// The number of epochs.
  public var epochs: Int
  /// The exponent.
  public var exponent: Double

  /// A schedule with nnU-Net's values.
  public init(
    initialRate: Double = TrainingOptions.default.initialRate,
    epochs: Int = PolynomialSchedule.nnUNetEpochs,
    exponent: Double = PolynomialSchedule.nnUNetExponent
  ) {
    self.initialRate = initialRate
    self.epochs = epochs
    self.exponent = exponent
  }

  /// The rate of an epoch, counted from 0; after the last epoch it is 0.
  public func rate(epoch: Int) -> Double { rate(progress: Double(epoch) / Double(max(1, epochs))) }

  /// The rate after a share of the training, from 0 to 1.
  public func rate(progress: Double) -> Double {
    initialRate * pow(max(0, 1 - progress), exponent)
  }
}
