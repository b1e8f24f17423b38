// SPDX-License-Identifier: Apache-2.0
package import Learning
package import Torch

/// One trained network of a method.
///
/// The trainer draws nothing itself: it asks for the loss of a step, which is a pure function of the
/// generator and the scans, and changes the parameters by it.
package protocol NetworkPart: AnyObject {
  /// The prefix of its tensors in checkpoints, and its name in messages.
  var name: String { get }
  /// How it is trained where nothing else is asked for.
  var schedule: PartSchedule { get }
  /// What the optimiser changes, in an order that never changes.
  var parameters: [NamedParameter] { get }
  /// What passes of training change beside the parameters.
  var statistics: [NamedParameter] { get }

  /// Finds what the losses of a scan need beside the scan; called before it is drawn from.
  func prepare(_ scan: TrainingScan) throws

  /// The loss of a minibatch that is drawn from scans, without the penalty of the weights.
  ///
  /// - Parameters:
  ///   - scans: the scans in memory, at least one of which has calcium.
  ///   - size: the samples of the minibatch.
  ///   - generator: what the samples are drawn by.
  ///   - dropout: what drops features; nothing in a validation.
  ///   - isTraining: whether batch norms use and remember the statistics of the minibatch.
  func loss(
    of scans: [TrainingScan], size: Int, generator: inout KeyedGenerator, dropout: inout Dropout,
    isTraining: Bool
  ) throws -> Tensor
}

extension NetworkPart {
  package var statistics: [NamedParameter] { [] }
  package func prepare(_ scan: TrainingScan) throws {}
}

/// The length and the steps of the training of one part.
package struct PartSchedule: Sendable, Hashable {
  /// The number of epochs.
  package var epochs: Int
  /// The minibatches of an epoch.
  package var iterations: Int
  /// The samples of a minibatch.
  package var batchSize: Int
  /// The learning rate of Adam in the first epoch.
  package var rate: Double
  /// What the sum of the squared weights counts in the loss; biases and norms do not count.
  package var penalty: Double
  /// By what the rate is multiplied after every so many epochs; 1 where it does not change.
  package var decay = 1.0
  /// The epochs after which the rate changes.
  package var decayEpochs = 1

  /// A schedule.
  package init(
    epochs: Int, iterations: Int, batchSize: Int, rate: Double, penalty: Double, decay: Double = 1,
    decayEpochs: Int = 1
  ) {
    self.epochs = epochs
    self.iterations = iterations
    self.batchSize = batchSize
    self.rate = rate
    self.penalty = penalty
    self.decay = decay
    self.decayEpochs = decayEpochs
  }

  /// The learning rate of an epoch, counted from 0.
  package func rate(inEpoch epoch: Int) -> Double {
    (0..<epoch / decayEpochs).reduce(rate) { value, _ in value * decay }
  }
}
