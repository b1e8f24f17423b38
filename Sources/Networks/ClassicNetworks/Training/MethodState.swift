// SPDX-License-Identifier: Apache-2.0
package import Learning

/// Where the training of a method is; part of every checkpoint.
package struct MethodState: Codable, Sendable, Hashable {
  /// The word of the method.
  package let network: String
  /// The classes that its networks tell apart.
  package let classes: ScanClasses
  /// The options, which do not change when the training is resumed.
  package let options: MethodOptions
  /// The number of the part that is trained; that of all parts when all is done.
  package internal(set) var part = 0
  /// The epoch of this part, from 0.
  package internal(set) var epoch = 0
  /// The steps of this epoch that are done.
  package internal(set) var step = 0
  /// The sum of their losses.
  package internal(set) var lossSum = 0.0
  /// The seconds that they took.
  package internal(set) var seconds = 0.0
  /// The records of all epochs, counted through all parts.
  package internal(set) var log: [EpochRecord] = []

  /// The start of a training.
  package init(network: String, classes: ScanClasses, options: MethodOptions) {
    self.network = network
    self.classes = classes
    self.options = options
  }
}

/// How long a method is trained; what is not given is as published.
package struct MethodOptions: Codable, Sendable, Hashable {
  /// The epochs of each part.
  package var epochs: Int?
  /// The minibatches of an epoch of each part.
  package var iterations: Int?
  /// The samples of a minibatch of each part.
  package var batchSize: Int?
  /// The seed of weights, samples and dropout.
  package var seed: UInt64
  /// The features of the first convolution, of methods that come in several sizes.
  package var features: Int?

  /// Options; by default those of the publication.
  package init(
    epochs: Int? = nil, iterations: Int? = nil, batchSize: Int? = nil, seed: UInt64 = 1,
    features: Int? = nil
  ) {
    self.epochs = epochs
    self.iterations = iterations
    self.batchSize = batchSize
    self.seed = seed
    self.features = features
  }

  /// The schedule of a part with these options.
  package func applied(to schedule: PartSchedule) -> PartSchedule {
    var schedule = schedule
    schedule.epochs = epochs ?? schedule.epochs
    schedule.iterations = iterations ?? schedule.iterations
    schedule.batchSize = batchSize ?? schedule.batchSize
    return schedule
  }
}
