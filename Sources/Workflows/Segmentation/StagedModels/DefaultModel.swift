// SPDX-License-Identifier: Apache-2.0
import Files
package import Foundation
import Workflow

/// Where the model lies that `cac` scores with unless told otherwise.
///
/// These are tried in this order: what the environment variable `CAC_DEFAULT_MODEL` names, `default.cac`
/// beside the executable and in `../share/cac` seen from it, and `Models/default.cac` in the source
/// tree that the executable was built in.
package struct DefaultModel: Equatable {
  /// The word that means it where a model is named.
  package static let word = "default"
  /// The file's name.
  package static let fileName = "default.cac"
  /// The variable that names another model.
  package static let variable = "CAC_DEFAULT_MODEL"

  /// The files, in the order in which they are tried.
  let candidates: [URL]
  /// Whether the variable names the model, so that no other is tried.
  let isNamed: Bool

  /// The candidates for an environment and the executable's path.
  init(environment: [String: String], executable: URL?) {
    if let named = environment[Self.variable], !named.isEmpty {
      candidates = [URL(fileURLWithPath: named)]
      isNamed = true
      return
    }
    isNamed = false
    guard let folder = executable?.resolvingSymlinksInPath().deletingLastPathComponent() else {
      candidates = []
      return
    }
    var found = [folder, folder.deletingLastPathComponent().appendingPathComponent("share/cac")]
      .map { $0.appendingPathComponent(Self.fileName) }
    // A build lies in .build/TRIPLE/MODE of its tree. Folders further up would be somebody else's.
    var above = folder
    for _ in 0..<4 {
      above.deleteLastPathComponent()
      if Folder.isFile(above.appendingPathComponent("Package.swift")) {
        found.append(above.appendingPathComponent("Models/\(Self.fileName)"))
      }
    }
    candidates = found
  }

  /// The candidates for this process.
  package static func ofThisProcess() -> DefaultModel {
    DefaultModel(
      environment: ProcessInfo.processInfo.environment, executable: Bundle.main.executableURL)
  }

  /// The first candidate that exists.
  ///
  /// - Throws: `WorkflowError` that says where a model was sought.
  package func found() throws -> URL {
    let url = candidates.first { Folder.isFile($0) || isNamed && Folder.isFolder($0) }
    if let url { return url }
    if isNamed {
      throw WorkflowError(
        .missing,
        "\(candidates[0].path): no such model, though \(Self.variable) names it; name another, or "
          + "unset it")
    }
    throw WorkflowError(
      .missing,
      "\(Self.fileName): the default model is not found; put it beside cac, set \(Self.variable), or "
        + "name a model or a mask. Searched: \(candidates.map(\.path).joined(separator: ", "))")
  }

  /// The model that a text names: the default one by its word, else the file or folder of that path.
  package static func url(named text: String) throws -> URL {
    text == word ? try ofThisProcess().found() : URL(fileURLWithPath: text)
  }
}
