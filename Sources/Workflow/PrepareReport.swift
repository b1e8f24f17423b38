// SPDX-License-Identifier: Apache-2.0
import Foundation

/// What a preparation did: every subject, where it went, or why it was left out.
package struct PrepareReport: Codable, Sendable {
  /// One subject.
  package struct Subject: Codable, Sendable {
    /// The subject's id in the tree.
    package let id: String
    /// The cases made of it; one, or one for each slice.
    package var cases: [String] = []
    /// Whether it is held out for testing.
    package let isTest: Bool
    /// Whether there was no annotation, which means no calcium.
    package var isImplicitZero = false
    /// The series that was taken.
    package var seriesUID: String?
    /// Agatston score from the annotation alone.
    package var annotatedAgatston: Double?
    /// Slices of the scan, and those with annotated calcium.
    package var slices = 0
    package var annotatedSlices = 0
    /// What the audit found, as code and sentence.
    package var findings: [String] = []
    /// Why it was left out.
    package var leftOut: String?

    private enum CodingKeys: String, CodingKey {
      case id, cases, slices, findings
      case isTest = "test"
      case isImplicitZero = "implicit_zero"
      case seriesUID = "series_uid"
      case annotatedAgatston = "annotated_agatston"
      case annotatedSlices = "annotated_slices"
      case leftOut = "left_out"
    }

    package init(id: String, isTest: Bool) {
      self.id = id
      self.isTest = isTest
    }
  }

  /// The data set's full name.
  package let dataset: String
  package let dimension: Preparation.Dimension
  package let slices: Preparation.Slices
  package let labels: Preparation.Labels
  package let contourFill: Preparation.Fill
  /// All subjects of the tree, in its order.
  package let subjects: [Subject]

  private enum CodingKeys: String, CodingKey {
    case dataset, dimension, slices, labels, subjects
    case contourFill = "contour_fill"
  }

  /// The number of cases for training.
  package var trainingCases: Int {
    subjects.filter { !$0.isTest }.reduce(0) { $0 + $1.cases.count }
  }

  /// The number of cases held out.
  package var testCases: Int { subjects.filter(\.isTest).reduce(0) { $0 + $1.cases.count } }

  /// The subjects that were left out.
  package var leftOut: [LeftOut] {
    subjects.compactMap { one in one.leftOut.map { LeftOut(subject: one.id, reason: $0) } }
  }

  /// A sentence for the terminal.
  package var summary: String {
    let kept = subjects.filter { $0.leftOut == nil }
    return "\(dataset): \(kept.count) of \(subjects.count) subjects, "
      + "\(kept.count(where: \.isImplicitZero)) of them without an annotation; "
      + "\(trainingCases) cases for training, \(testCases) for testing"
  }
}
