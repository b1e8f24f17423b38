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

  /// The masks of a model's subjects, compared.
  struct Matches {
    /// The subjects that have both masks.
    var bySubject: [String: LesionMatch] = [:]
    /// The subjects that lack one.
    var missing: [String] = []
    /// What masks were taken for whose, one sentence each.
    var notes: [String] = []
  }

  /// Compares the masks of a model's subjects; those without both masks are listed.
  ///
  /// `model` is the index of its table. Throws where a folder is not there, no subject has both masks,
  /// or the grids of a subject's masks differ.
  func matches(of subjects: [String], model: Int) async throws -> Matches {
    guard let reference, predictions.indices.contains(model) else { return Matches() }
    let prediction = predictions[model]
    var result = Matches()
    var names: [[String: String]] = []
    for folder in [reference, prediction] {
      guard Folder.isFolder(folder) else {
        throw WorkflowError(.missing, "\(folder.path): no such folder of masks")
      }
      let found = try Self.names(of: subjects, in: folder)
      names.append(found.ids)
      let pairs = found.respelled.map { (id: $0, taken: found.ids[$0] ?? $0) }
      if !pairs.isEmpty {
        let whose = names.count == 1 ? "reference" : "predicted"
        result.notes.append("of the \(whose) masks, \(respellingNote(pairs))")
      }
    }
    let calcium =
      probabilities.indices.contains(model)
      ? try CalciumProbability(in: probabilities[model]) : nil
    let found = try await subjects.concurrentMap(width: Machine.processorCount) {
      [names] subject -> (String, LesionMatch)? in
      guard let mask = names[0][subject], let predicted = names[1][subject],
        let maskFile = try LabelFile.find(mask, in: reference),
        let predictedFile = try LabelFile.find(predicted, in: prediction)
      else { return nil }
      let files = [maskFile, predictedFile]
      let masks = try files.map { try LabelFile.read($0) }
      let probability = try calcium?.read(predicted, geometry: masks[1].geometry)
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
    result.bySubject = Dictionary(uniqueKeysWithValues: found.compactMap(\.self))
    guard !result.bySubject.isEmpty else {
      throw WorkflowError(
        .missing,
        "\(prediction.path): no subject of the table has a mask there and in \(reference.path); "
          + "masks are called SUBJECT.nii.gz, .nrrd or alike, for example \(subjects.first ?? "cac_0001").nii.gz"
      )
    }
    result.missing = subjects.filter { result.bySubject[$0] == nil }
    return result
  }

  /// The names of the masks of subjects in a folder, without their endings.
  private static func names(of subjects: [String], in folder: URL) throws -> IDList.Found {
    let stems = try Folder.names(in: folder).filter { LabelFile.ending(of: $0) != nil }
      .map(LabelFile.stem)
    do throws(AmbiguousID) {
      return try IDList(stems).find(subjects)
    } catch {
      throw WorkflowError(.invalid, "\(folder.path): of the masks, \(error)")
    }
  }
}
