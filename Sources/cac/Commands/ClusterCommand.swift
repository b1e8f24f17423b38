// SPDX-License-Identifier: Apache-2.0
import ArgumentParser

/// `cac cluster`: the whole pipeline on a cluster.
struct ClusterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cluster",
    abstract: "Run a data set's whole pipeline on a Slurm cluster, or by bash.",
    discussion: """
      Plan, preprocess, every fold as an array of tasks, find-best, predict imagesTs, evaluate. The \
      scripts lie in the data set's results folder under cluster, and run under sbatch and bash alike.
      """,
    subcommands: [ClusterSubmitCommand.self, ClusterRunCommand.self, ClusterStatusCommand.self])
}
