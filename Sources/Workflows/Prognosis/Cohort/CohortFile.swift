// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Workflow

/// The models of a cohort as a file, from which the page of an evaluation takes its sections about risk.
package enum CohortFile {
  /// The name of the file in the folder that `cac train-risk --out` writes.
  static let name = "risk.json"

  /// Writes the file; numbers that are not finite are words.
  package static func write(_ model: CohortModel, to folder: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: infinite, negativeInfinity: "-" + infinite, nan: undefined)
    try StagedFile.write(encoder.encode(model), to: folder.appendingPathComponent(name))
  }

  /// Reads the file of a folder.
  ///
  /// - Throws: `WorkflowError` where `cac train-risk` has not written it.
  package static func read(from folder: URL) throws -> CohortModel {
    let file = folder.appendingPathComponent(name)
    guard Folder.isFile(file) else {
      throw WorkflowError(
        .invalid,
        "\(folder.path): has no \(name); name a folder that cac train-risk --out has written")
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: infinite, negativeInfinity: "-" + infinite, nan: undefined)
    do {
      return try decoder.decode(CohortModel.self, from: FileBytes.read(file))
    } catch is DecodingError {
      throw WorkflowError(
        .invalid, "\(file.path): is not what this version of cac train-risk writes; run it again")
    }
  }

  private static let infinite = "Infinity"
  private static let undefined = "NaN"
}
