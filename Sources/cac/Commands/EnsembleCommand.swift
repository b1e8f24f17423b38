// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Foundation
import Segmentation
import Text
import Workflow

/// `cac ensemble`: the mean of several models' probabilities.
struct EnsembleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ensemble", abstract: "Average predictions of several models.",
    discussion: """
      Example: cac ensemble predictions_2d predictions_3d_fullres predictions
      Each folder holds the same cases, written by cac predict --probabilities or by nnU-Net with \
      --save_probabilities. The label maps lie on the first folder's grids.
      """)

  @Argument(help: "The folders to average, and last the folder for the label maps.")
  var folders: [String]
  @Flag(help: "Keep the mean probabilities too, in nnU-Net's .npz and .pkl files.")
  var probabilities = false
  @Flag(name: .customLong("continue"), help: "Skip cases whose label maps are there already.")
  var resume = false

  func validate() throws {
    guard folders.count >= 3 else {
      throw ValidationError("at least two folders to average and one for the result are needed")
    }
  }

  func run() async throws {
    let output = folders[folders.count - 1]
    let outcome = try EnsembleRun(
      folders: folders.dropLast().map(path), output: path(output),
      keepsProbabilities: probabilities, resume: resume
    ).run(progress: ProgressBar().handler)
    let earlier =
      outcome.earlier.isEmpty
      ? "" : ", " + counted(outcome.earlier.count, "was there already", "were there already")
    print("\(counted(outcome.cases.count, "label map")) in \(output)\(earlier)")
  }
}
