// SPDX-License-Identifier: Apache-2.0
package import Foundation
package import Stages

/// What a run of `cac train-stages` is asked for.
package struct StageTrainingRequest: Sendable {
  /// Where everything is written.
  package var folder: URL
  /// The network.
  package var design = AnatomyCrops.design
  /// The number of steps of the whole training, by which the learning rate falls.
  package var steps = 4500
  /// The number of crops of a step.
  package var batchSize = 2
  /// The seed of the weights and of the crops.
  package var seed: UInt64 = 1
  /// The device as a user names it: auto, cpu, cuda, cuda:1 or mps.
  package var device = "auto"
  /// The seconds after which this run ends, whether or not all steps are done.
  package var seconds: Double?
  /// The number of threads that draw crops; the result does not depend on it.
  package var jobs = 1
  /// How many steps one line of the log is about.
  package var logInterval = 50
  /// After how many steps the checkpoint is written.
  package var saveInterval = 200

  /// The defaults.
  package init(folder: URL) { self.folder = folder }

  /// How the network is trained.
  var options: StageTrainingOptions { .init(steps: steps, batchSize: batchSize, seed: seed) }
}

/// What a training keeps to from its first step to its last, however often it is interrupted.
struct StageTrainingIdentity: Codable, Hashable {
  /// The network.
  let design: LocaliserDesign
  /// How it is trained.
  let options: StageTrainingOptions
  /// The digest of the source of its crops.
  let anatomy: String

  /// What another training has that differs from this one, as a user would give it; empty where they
  /// are the same.
  func differences(of other: StageTrainingIdentity) -> [String] {
    guard self != other else { return [] }
    var list: [String] = []
    if options.steps != other.options.steps { list.append("--steps \(other.options.steps)") }
    if options.batchSize != other.options.batchSize {
      list.append("--batch \(other.options.batchSize)")
    }
    if options.seed != other.options.seed { list.append("--seed \(other.options.seed)") }
    if anatomy != other.anatomy { list.append("another --anatomy archive") }
    return list.isEmpty ? ["another version of this program"] : list
  }
}
