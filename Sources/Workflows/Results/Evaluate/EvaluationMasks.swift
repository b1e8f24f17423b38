// SPDX-License-Identifier: Apache-2.0
import Agatston
import Concurrency
import Evaluation
import Files
package import Foundation
import Studies
import Text
import Volume
import Workflow

/// The masks that an evaluation looks at beside its tables: those of the reference, and of each model.
package struct EvaluationMasks: Sendable {
  /// The folder of reference masks; `nil` for none.
  package var reference: URL?
  /// A folder of predicted masks for each table.
  package var predictions: [URL]
  /// A folder for each table with the `.npz` files of `cac predict --probabilities`; may be empty.
  package var probabilities: [URL]

  /// Folders of masks; by default none, so that no lesions are counted.
  package init(reference: URL? = nil, predictions: [URL] = [], probabilities: [URL] = []) {
    self.reference = reference
    self.predictions = predictions
    self.probabilities = probabilities
  }

  /// Throws unless there is a folder for each table.
  func check(tables: Int) throws {
    guard reference == nil || predictions.count == tables else {
      throw WorkflowError(
        .invalid,
        "\(counted(predictions.count, "folder")) of predicted masks for \(counted(tables, "table")); name the reference's "
          + "folder, then one for each table in their order")
    }
    guard probabilities.isEmpty || probabilities.count == tables && reference != nil else {
      throw WorkflowError(
        .invalid,
        "\(counted(probabilities.count, "folder")) of probabilities for \(counted(tables, "table")); give one for each in "
          + "their order, and the masks")
    }
  }

  /// Compares the masks of a model's subjects; those without both masks are listed.
  ///
  /// `model` is the index of its table. Throws where a folder is not there, no subject has both masks,
  /// or the grids of a subject's masks differ.
  func matches(
    of subjects: [String], model: Int
  ) async throws -> (matches: [String: LesionMatch], missing: [String]) {
    guard let reference, predictions.indices.contains(model) else { return ([:], []) }
    let prediction = predictions[model]
    for folder in [reference, prediction] where !Folder.isFolder(folder) {
      throw WorkflowError(.missing, "\(folder.path): no such folder of masks")
    }
    let calcium =
      probabilities.indices.contains(model)
      ? try CalciumProbability(in: probabilities[model]) : nil
    let found = try await subjects.concurrentMap(width: Machine.processorCount) {
      subject -> (String, LesionMatch)? in
      let files = try [reference, prediction].compactMap { try LabelFile.find(subject, in: $0) }
      guard files.count == 2 else { return nil }
      let masks = try files.map { try LabelFile.read($0) }
      let probability = try calcium?.read(subject, geometry: masks[1].geometry)
      do {
        return (
          subject,
          try LesionMatch(
            reference: masks[0], prediction: masks[1], probability: probability)
        )
      } catch {
        throw WorkflowError(.invalid, "\(files[1].path): \(error)")
      }
    }
    let matches = Dictionary(uniqueKeysWithValues: found.compactMap(\.self))
    guard !matches.isEmpty else {
      throw WorkflowError(
        .missing,
        "\(prediction.path): no subject of the table has a mask there and in \(reference.path); "
          + "masks are called SUBJECT.nii.gz, .nrrd or alike, for example \(subjects.first ?? "cac_0001").nii.gz"
      )
    }
    return (matches, subjects.filter { matches[$0] == nil })
  }
}
