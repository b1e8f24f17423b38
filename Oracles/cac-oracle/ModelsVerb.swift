// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Learning
import OracleSupport

/// Compares the logits and labels of both engines with nnunetv2's, which ran on this processor.
struct ModelsVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models",
    abstract: "Predict with nnunetv2's models and compare logits and labels with its own.",
    discussion: "The folder is that of Oracles/parity/models.py make.")

  @OptionGroup var argument: FolderArgument

  func run() throws {
    let cases = try ModelCase.all(in: argument.url)
    var differences: [String] = []
    for one in cases {
      for engine in [InferenceEngine.plain, .packed] {
        differences += try one.differences(by: engine, from: .thisProcessor).map {
          "\(one), \(engine): \($0)"
        }
      }
    }
    try Oracle.report(
      differences, "logits and labels of \(cases.count) models agree with nnunetv2's")
  }
}
