// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Workflow

/// Where nnU-Net's three folders are.
struct RootOptions: ParsableArguments {
  @Option(help: "Raw data sets (default: $nnUNet_raw, else ./nnUNet_raw).")
  var raw: String?
  @Option(help: "Preprocessed data (default: $nnUNet_preprocessed, else ./nnUNet_preprocessed).")
  var preprocessed: String?
  @Option(help: "Trained models (default: $nnUNet_results, else ./nnUNet_results).")
  var results: String?

  var roots: Roots { Roots(raw: raw, preprocessed: preprocessed, results: results) }
}

/// How many subjects are worked on at once.
struct JobOptions: ParsableArguments {
  @Option(name: .shortAndLong, help: "Subjects worked on at once; memory grows with it.")
  var jobs = Machine.cores

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("--jobs must be at least 1") }
  }
}
