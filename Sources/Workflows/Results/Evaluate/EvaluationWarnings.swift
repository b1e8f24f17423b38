// SPDX-License-Identifier: Apache-2.0
import COCA
import Cohorts
import Evaluation
import Files
import Foundation
import Text
import Workflow

/// Sentences about what makes the numbers of an evaluation look better, or say less, than they seem.
struct EvaluationWarnings: Sendable {
  private let cohort: PrepareReport?
  private let trainedOn: [PrepareReport]

  /// What else is known of one model.
  struct Notes: Sendable {
    /// What was guessed when the tables were read and joined, one sentence each.
    var readings: [String] = []
    /// Subjects without masks, where masks were given.
    var unmatched: [String] = []
    /// The sentence about columns of the model's table that nothing reads.
    var unknownColumns: String?
  }

  /// Reads the `prepare-report.json` of the data set whose held-out subjects the tables hold, and of
  /// what each model was trained on, if that is another: one for all models, or one for each.
  init(cohort: URL?, trainedOn: [URL], tables: Int) throws {
    guard [0, 1, tables].contains(trainedOn.count) else {
      throw WorkflowError(
        .invalid,
        "\(counted(trainedOn.count, "report")) of training data for \(counted(tables, "table")); give one for all, or "
          + "one for each in their order")
    }
    self.cohort = try cohort.map { try JSONFile.read(PrepareReport.self, from: $0) }
    self.trainedOn = try trainedOn.map { try JSONFile.read(PrepareReport.self, from: $0) }
  }

  /// The sentences about each model; those about models that have other references for the same
  /// subjects belong to the first.
  func sentences(about models: [ModelEvaluation], notes: [Notes]) -> [[String]] {
    zip(models, notes).enumerated().map { index, entry in
      let (model, notes) = entry
      let training =
        trainedOn.isEmpty ? cohort : trainedOn[min(index, trainedOn.count - 1)]
      let sentences: [String?] =
        [notes.unknownColumns, missingScores(model), noNegatives(model)]
        + ungrouped(model)
        + [
          trainingSubjects(model, training), unseenSlices(model), calciumSlices(model),
          contourFillMismatch(training), duplicateSubjects(model),
          notes.unmatched.isEmpty
            ? nil : "no lesions counted, because a mask is missing: \(shortList(notes.unmatched))",
        ]
      return notes.readings + sentences.compactMap(\.self)
        + (index == 0 ? otherReferences(model, than: Array(models.dropFirst())) : [])
    }
  }

  /// Subjects without a score are not in any number.
  private func missingScores(_ model: ModelEvaluation) -> String? {
    model.missing.isEmpty
      ? nil : "left out without a score: \(model.missing.joined(separator: ", "))"
  }

  /// Without subjects of score 0 the specificity cannot be estimated.
  private func noNegatives(_ model: ModelEvaluation) -> String? {
    if !model.options.excludesZero, model.heldOut.allSatisfy({ $0.reference > 0 }) {
      return "no subject has a reference of 0, so false positives are not counted"
    }
    if model.options.excludesZero, !model.excludedZero.isEmpty {
      return counted(model.excludedZero.count, "subject")
        + " with a reference of 0 left out, so false positives in them are not counted"
    }
    return nil
  }

  /// Subjects that a table of groups does not hold.
  private func ungrouped(_ model: ModelEvaluation) -> [String?] {
    model.subgroups.map { groups in
      groups.unlisted.isEmpty
        ? nil : "in no group of \(groups.column): \(groups.unlisted.joined(separator: ", "))"
    }
  }

  /// Models that are compared on the same people, but not against the same truth.
  private func otherReferences(
    _ first: ModelEvaluation, than others: [ModelEvaluation]
  ) -> [String] {
    others.compactMap { other in
      let odd = first.subjectsWithOtherReference(than: other)
      return odd.isEmpty
        ? nil
        : "other references for the same subjects than \(other.name): "
          + odd.joined(separator: ", ")
    }
  }

  /// A model has seen the subjects that it was trained on.
  private func trainingSubjects(_ model: ModelEvaluation, _ training: PrepareReport?) -> String? {
    guard let training else { return nil }
    let names = IDList(
      training.subjects.filter { !$0.isTest && $0.leftOut == nil }.flatMap { [$0.id] + $0.cases })
    let subjects = model.heldOut.map(\.subject)
    // What may be one of several is most likely one of them: a warning need not be sure.
    let found = (try? names.find(subjects))?.ids
    let known = subjects.filter { found?[$0] != nil }
    guard !known.isEmpty else { return nil }
    return "\(known.count) of \(counted(model.heldOut.count, "subject")) "
      + (known.count == 1 ? "is a training subject of " : "are training subjects of ")
      + "\(training.dataset), so the numbers are too good: \(shortList(known))"
  }

  /// Slices that were never looked at hold no false positives.
  private func unseenSlices(_ model: ModelEvaluation) -> String? {
    guard let cohort, cohort.slices == .annotated else { return nil }
    let names = Set(model.heldOut.map(\.subject))
    let tested = cohort.subjects.filter {
      names.contains($0.id) || !names.isDisjoint(with: $0.cases)
    }
    let unseen = tested.reduce(0) { $0 + $1.slices - $1.annotatedSlices }
    guard unseen > 0 else { return nil }
    return "evaluated on slices with calcium only: \(unseen) of "
      + counted(tested.reduce(0) { $0 + $1.slices }, "slice") + (unseen == 1 ? " was" : " were")
      + " never looked at, so false positives there "
      + "are not counted"
  }

  /// The same, where the masks alone tell.
  private func calciumSlices(_ model: ModelEvaluation) -> String? {
    guard let lesions = model.lesions, lesions.slices > 0,
      lesions.slices == lesions.slicesWithReference, cohort?.slices != .annotated
    else { return nil }
    return
      "every one of the \(counted(lesions.slices, "slice")) of the masks has calcium in the reference: "
      + "slices without any were never looked at, so false positives there are not counted; how many "
      + "there are --cohort tells"
  }

  /// Another rule for what belongs to a contour moves the border of every lesion.
  private func contourFillMismatch(_ training: PrepareReport?) -> String? {
    guard let cohort, let training, cohort.contourFill != training.contourFill else { return nil }
    return "the reference was made with the contour fill \(cohort.contourFill.title), but the "
      + "model was trained on \(training.contourFill.title): the borders of lesions differ by rule"
  }

  /// Two subjects with one and the same score and volume are most likely one.
  private func duplicateSubjects(_ model: ModelEvaluation) -> String? {
    let groups = Dictionary(grouping: model.heldOut.filter { $0.reference > 0 }) {
      [$0.reference, $0.referenceVolume ?? 0]
    }.filter { $0.key[1] > 0 && $0.value.count > 1 }
    guard !groups.isEmpty else { return nil }
    let names = groups.values.map { $0.map(\.subject).joined(separator: " = ") }.sorted()
    return "subjects with the same reference score and volume may be one person twice: "
      + shortList(names)
  }
}
