// SPDX-License-Identifier: Apache-2.0
import Evaluation
import Files
import Foundation
import Workflow

extension EvaluationResult {
  /// The name of an evaluation's file in the folder of `cac evaluate --out`.
  static let fileName = "evaluation.json"

  /// Reads the evaluation that `cac evaluate --out` has written into a folder.
  ///
  /// Throws `WorkflowError` where there is none, or where it is damaged or another version's.
  static func read(from folder: URL) throws -> EvaluationResult {
    let file = folder.appendingPathComponent(fileName)
    guard Folder.isFile(file) else {
      throw WorkflowError(
        .missing,
        "\(folder.path): holds no evaluation.json; write it with: cac evaluate TABLE --out "
          + folder.path)
    }
    let result: EvaluationResult
    do {
      result = try JSONFile.read(EvaluationResult.self, from: file)
    } catch let error as FileError where error.code == .invalid {
      throw WorkflowError(
        .invalid,
        "\(error); it is damaged or another version's: run cac evaluate again")
    }
    guard !result.models.isEmpty else {
      throw WorkflowError(.invalid, "\(file.path): holds no model")
    }
    return result
  }

  /// The evaluation as JSON.
  var json: String {
    get throws { String(decoding: try JSONFile.data(self), as: UTF8.self) }
  }
}
