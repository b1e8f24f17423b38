// SPDX-License-Identifier: Apache-2.0
import Agatston
import Cohorts
import Evaluation
import Files
import Foundation
import Text

/// What makes a study's numbers look better, or other, than they are.
struct EvaluationHonesty: Sendable {
  private let cohort: PrepareReport?
  private let trainedOn: [PrepareReport]

  init(_ evidence: EvaluationEvidence) throws {
    cohort = try evidence.cohort.map { try JSONFile.read(PrepareReport.self, from: $0) }
    trainedOn = try evidence.trainedOn.map { try JSONFile.read(PrepareReport.self, from: $0) }
  }

  /// Sentences about one model.
  ///
  /// `unmatched` are the subjects without masks, where masks were given.
  func findings(on model: ModelEvaluation, at index: Int, unmatched: [String]) -> [String] {
    let training = trainedOn.isEmpty ? cohort : trainedOn[min(index, trainedOn.count - 1)]
    return [
      trainingSubjects(model, training), unseenSlices(model), calciumSlices(model),
      fill(training), twins(model),
      unmatched.isEmpty
        ? nil : "no lesions counted, because a mask is missing: \(list(unmatched))",
    ].compactMap(\.self)
  }

  /// A model knows the subjects that it was trained on.
  private func trainingSubjects(_ model: ModelEvaluation, _ training: PrepareReport?) -> String? {
    guard let training else { return nil }
    let names = Set(
      training.subjects.filter { !$0.isTest && $0.leftOut == nil }.flatMap { [$0.id] + $0.cases })
    let known = model.heldOut.map(\.subject).filter(names.contains)
    guard !known.isEmpty else { return nil }
    return "\(known.count) of \(counted(model.heldOut.count, "subject")) "
      + (known.count == 1 ? "is a training subject of " : "are training subjects of ")
      + "\(training.dataset), so the numbers are too good: \(list(known))"
  }

  /// On slices that nobody looks at there are no false alarms.
  private func unseenSlices(_ model: ModelEvaluation) -> String? {
    guard let cohort, cohort.slices == .annotated else { return nil }
    let names = Set(model.heldOut.map(\.subject))
    let tested = cohort.subjects.filter {
      names.contains($0.id) || !names.isDisjoint(with: $0.cases)
    }
    let unseen = tested.reduce(0) { $0 + $1.slices - $1.annotatedSlices }
    guard unseen > 0 else { return nil }
    return "evaluated on slices with calcium only: \(unseen) of "
      + "\(tested.reduce(0) { $0 + $1.slices }) slices were never looked at, so false alarms there "
      + "are not counted"
  }

  /// The same, as the masks show it.
  private func calciumSlices(_ model: ModelEvaluation) -> String? {
    guard let lesions = model.lesions, lesions.slices > 0,
      lesions.slices == lesions.slicesWithReference, cohort?.slices != .annotated
    else { return nil }
    return "every one of the \(lesions.slices) slices of the masks has calcium in the reference: "
      + "slices without any were never looked at, so false alarms there are not counted; how many "
      + "there are --cohort tells"
  }

  /// Another rule for what belongs to a contour moves the border of every lesion.
  private func fill(_ training: PrepareReport?) -> String? {
    guard let cohort, let training, cohort.contourFill != training.contourFill else { return nil }
    return "the reference was made with the contour fill \(cohort.contourFill.rawValue), but the "
      + "model was trained on \(training.contourFill.rawValue): the borders of lesions differ by rule"
  }

  /// Two subjects with one and the same score and volume are most likely one.
  private func twins(_ model: ModelEvaluation) -> String? {
    let groups = Dictionary(grouping: model.heldOut.filter { $0.reference > 0 }) {
      [$0.reference, $0.referenceVolume ?? 0]
    }.filter { $0.key[1] > 0 && $0.value.count > 1 }
    guard !groups.isEmpty else { return nil }
    let names = groups.values.map { $0.map(\.subject).joined(separator: " = ") }.sorted()
    return "subjects with the same reference score and volume may be one person twice: "
      + list(names)
  }

  private func list(_ names: [String]) -> String {
    names.prefix(20).joined(separator: ", ")
      + (names.count > 20 ? " and \(names.count - 20) more" : "")
  }
}
