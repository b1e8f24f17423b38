// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Stages

/// What a training of a stage is asked for.
package struct StageTrainingRequest<Design: StageDesign>: Sendable {
  /// Where everything is written.
  package var folder: URL
  /// The network.
  package var design: Design
  /// The number of steps of the whole training, by which the learning rate falls.
  package var steps = 4500
  /// The number of samples of a step.
  package var batchSize = 2
  /// The largest learning rate.
  package var rate = 3e-3
  /// The seed of the weights and of the samples.
  package var seed: UInt64 = 1
  /// The digest of the weights that it starts from; `nil` for random ones.
  package var start: String?
  /// The device as a user names it: auto, cpu, cuda, cuda:1 or mps.
  package var device = "auto"
  /// The seconds after which this run ends, whether or not all steps are done.
  package var seconds: Double?
  /// The number of threads that draw samples; the result does not depend on it.
  package var jobs = 1
  /// How many processes divide each step.
  package var processes = 1
  /// Which of these processes this one is; `nil` in the one that starts them.
  package var process: TrainingProcess?
  /// How the processes are started.
  package var launch: TrainingRequest.Launch?
  /// How many steps one line of the log is about.
  package var logInterval = 50
  /// After how many steps the checkpoint is written.
  package var saveInterval = 200

  /// The defaults.
  package init(folder: URL, design: Design) {
    self.folder = folder
    self.design = design
  }

  /// How the network is trained.
  var options: StageTrainingOptions {
    .init(steps: steps, batchSize: batchSize, rate: rate, seed: seed)
  }
}

/// What a training keeps to from its first step to its last, however often it is interrupted.
struct StageTrainingIdentity<Design: StageDesign>: Codable, Hashable {
  /// The network.
  let design: Design
  /// How it is trained.
  let options: StageTrainingOptions
  /// The digest of the source of its samples.
  let anatomy: String
  /// The digest of the weights that it started from.
  var start: String?

  /// What another training has that differs from this one, as a user would give it; empty where they
  /// are the same.
  ///
  /// - Parameter origin: what another source of samples is called.
  func differences(of other: StageTrainingIdentity, origin: String) -> [String] {
    guard self != other else { return [] }
    var list: [String] = []
    if options.steps != other.options.steps { list.append("--steps \(other.options.steps)") }
    if options.batchSize != other.options.batchSize {
      list.append("--batch \(other.options.batchSize)")
    }
    if options.seed != other.options.seed { list.append("--seed \(other.options.seed)") }
    if anatomy != other.anatomy { list.append("another \(origin)") }
    if start != other.start { list.append("another --from") }
    return list.isEmpty ? ["another version of this program"] : list
  }
}
